/** What the calls of one invocation cost: read by benches and put out as metrics. Counters only rise until `reset`. */
export interface Meter {
  readUnits: number;
  writeUnits: number;
  /** AWS calls made, by service and operation, e.g. `dynamodb:Query`. */
  readonly calls: Map<string, number>;
  count(call: string): void;
  reset(): void;
}

export const createMeter = (): Meter => {
  const meter: Meter = {
    readUnits: 0,
    writeUnits: 0,
    calls: new Map(),
    count: (call) => void meter.calls.set(call, (meter.calls.get(call) ?? 0) + 1),
    reset: () => {
      meter.readUnits = 0;
      meter.writeUnits = 0;
      meter.calls.clear();
    },
  };
  return meter;
};

/** The meter of this process: a Lambda process serves one invocation at a time. */
export const processMeter = createMeter();
