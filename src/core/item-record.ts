/** What the ledger records about items: where they lie, how many there are, what they can show. Types only. */

/** Where the items of a measurement lie. */
export interface StoredItems {
  /** Blob of the ids, and of the blocks where they are declared. */
  readonly ids: string;
  /** Blob of the scores. */
  readonly scores: string;
  /** Items. */
  readonly count: number;
}

/** What the items can show, before the first idea. */
export interface ItemCalibration {
  /** Items in all. */
  readonly n: number;
  /** Independent units: blocks where they are declared. */
  readonly units: number;
  /** Units that steer. */
  readonly steering: number;
  /** Units of the reserve. */
  readonly reserve: number;
  /** Smallest gain that is proven in four of five cases, by how much a candidate agrees with the incumbent. */
  readonly detectable: readonly { readonly correlation: number; readonly gain: number }[];
}
