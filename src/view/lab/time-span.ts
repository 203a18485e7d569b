/** From one moment to another, as ISO times. */
export interface TimeSpan {
  readonly from: string;
  readonly to: string;
}
