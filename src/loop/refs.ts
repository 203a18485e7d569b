/** Names of a lab's refs in the private store. */

/** The ref of one experiment's commit; each repair of it gets a ref of its own. */
export const refOf = (labId: string, n: number, repairCount = 0): string =>
  `refs/overnight/${labId}/${n}${repairCount > 0 ? `.${repairCount}` : ''}`;

/** The branch that points at the incumbent. */
export const branchOf = (tag: string): string => `refs/heads/overnight/${tag}`;
