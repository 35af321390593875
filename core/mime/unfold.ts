/** RFC 5322 §2.2.3: a fold is removed, the white space that followed it stays. A CR or LF that folds nothing becomes a space. */
export const unfold = (value: string): string => {
  if (!/[\r\n]/.test(value)) return value;
  return value.replace(/\r?\n(?=[ \t])/g, "").replace(/\r?\n|\r/g, " ");
};
