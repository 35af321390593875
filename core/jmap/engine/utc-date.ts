/** An instant as a UTCDate (RFC 8620 §1.4): no fraction when it is zero, and none that ends in zero. */
export const formatUtcDate = (at: number): string => new Date(at).toISOString().replace(/\.?0+Z$/, "Z");
