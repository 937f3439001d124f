// The guard against a source that lost most of its entries by mistake.

/**
 * Whether removing `vanished` of the `claimed` objects of a project needs a person's approval: above
 * `thresholdPercent`, and always when nothing at all would be left.
 */
export function exceedsDeleteThreshold(vanished: number, claimed: number, thresholdPercent: number): boolean {
  if (vanished === 0 || claimed === 0) return false;
  return vanished >= claimed || (vanished / claimed) * 100 > thresholdPercent;
}
