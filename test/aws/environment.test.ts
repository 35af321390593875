import { describe, expect, it } from "vitest";
import { readEnvironment } from "../../aws/environment.ts";

describe("a function's environment", () => {
  it("is read into the values it means", () => {
    const source = { TRACES_TABLE: "t", MAIL_DOMAINS: "Care.example, trust.example", EPOCH: "3" };
    expect(readEnvironment(["TRACES_TABLE", "MAIL_DOMAINS", "EPOCH"], source)).toEqual({
      TRACES_TABLE: "t",
      MAIL_DOMAINS: ["care.example", "trust.example"],
      EPOCH: 3,
    });
  });

  it("says of everything wrong at once which it is and what it must be", () => {
    expect(() => readEnvironment(["TRACES_TABLE", "EPOCH", "UNKNOWN_RECIPIENT"], { EPOCH: "soon", UNKNOWN_RECIPIENT: "drop" })).toThrow(
      "The function's environment is wrong. TRACES_TABLE is missing: it must be the name of the traces table. " +
        "EPOCH is not usable: it must be the whole number of the epoch this region writes under.",
    );
  });
});
