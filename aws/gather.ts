/**
 * Joins what concurrent callers ask for within one turn of the event loop into few calls: the jobs of one batch
 * share a BatchGetItem or a SendMessageBatch, and each still learns its own outcome.
 */
export const gather = <Request, Answer>(
  /** Answers in the order of the requests; an Error in the list is thrown to that caller alone. */
  flush: (requests: readonly Request[]) => Promise<readonly (Answer | Error)[]>,
): ((request: Request) => Promise<Answer>) => {
  type Waiting = { request: Request; resolve(answer: Answer): void; reject(error: unknown): void };
  let waiting: Waiting[] = [];
  const run = async () => {
    const batch = waiting;
    waiting = [];
    try {
      const answers = await flush(batch.map(({ request }) => request));
      batch.forEach((caller, index) => {
        const answer = answers[index] as Answer | Error;
        if (answer instanceof Error) caller.reject(answer);
        else caller.resolve(answer);
      });
    } catch (error) {
      for (const caller of batch) caller.reject(error);
    }
  };
  return (request) =>
    new Promise<Answer>((resolve, reject) => {
      waiting.push({ request, resolve, reject });
      if (waiting.length === 1) setImmediate(run);
    });
};
