/** Runs `work` over all values, at most `atOnce` at a time. All are tried; then the first failure, if any, is thrown. */
export const eachBounded = async <T>(
  values: readonly T[],
  atOnce: number,
  work: (value: T, index: number) => Promise<void>,
): Promise<void> => {
  const failures: unknown[] = [];
  let next = 0;
  const worker = async () => {
    while (next < values.length) {
      const index = next++;
      try {
        await work(values[index]!, index);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, values.length) }, worker));
  if (failures.length > 0) throw failures[0];
};
