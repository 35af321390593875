/** Maps with at most `width` calls under way. Answers are in the order of the items; the first failure ends it. */
export const inParallel = async <Item, Answer>(
  items: readonly Item[],
  width: number,
  act: (item: Item) => Promise<Answer>,
): Promise<Answer[]> => {
  const answers = new Array<Answer>(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) answers[index] = await act(items[index]!);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return answers;
};
