/**
 * Requests under way, in the connections table: one item a person and kind, with a set of the places that each client has taken (an
 * empty set is no attribute) and this minute's count.
 * One write to enter and one to leave; a second to enter once a minute, and when places were left behind by functions that died.
 */
import { randomUUID } from "node:crypto";
import type { AdmissionStore } from "../core/ports/admission-store.ts";
import { ConditionFailed, type Dynamo, type Item } from "./dynamo.ts";
import { connectionKeys as keys } from "./keys.ts";

const MINUTE = 60_000;
const KEPT_SECONDS = 3_600;
/** Each turn but the last finds the item changed by others meanwhile. */
const turns = 5;

type Entering = Parameters<AdmissionStore["enter"]>[0];
type Update = { expression: string; condition: string; values: Item };

export class DynamoAdmissionStore implements AdmissionStore {
  private readonly dynamo: Dynamo;
  private readonly table: string;

  constructor(dynamo: Dynamo, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  async enter(request: Entering): ReturnType<AdmissionStore["enter"]> {
    const place = `${request.until.toString(36)}.${randomUUID()}`;
    let update = inThisMinute(request, place);
    for (let turn = 0; turn < turns; turn++) {
      const there = await this.update(request, update);
      if (there === "done") return { outcome: "entered", place };
      const taken = there[placesOf(request)]?.SS ?? [];
      const stale = taken.filter((each) => Number.parseInt(each, 36) <= request.now);
      const isThisMinute = there.w?.N === String(minuteOf(request));
      if (isThisMinute && Number(there.c?.N ?? 0) >= request.perMinute) return { outcome: "tooOften" };
      if (taken.length - stale.length >= request.most) return { outcome: "tooMany" };
      if (stale.length > 0) await this.free(request, stale);
      update = isThisMinute ? inThisMinute(request, place) : inNewMinute(request, place);
    }
    // So much is going on that the count cannot be had: as good as too many.
    return { outcome: "tooMany" };
  }

  async leave({ place, ...request }: Parameters<AdmissionStore["leave"]>[0]): Promise<void> {
    await this.free(request, [place]);
  }

  /** Done, or the item as it is when the condition does not hold. */
  private async update(request: Entering, { expression, condition, values }: Update): Promise<"done" | Item> {
    try {
      await this.dynamo.call("UpdateItem", {
        TableName: this.table,
        Key: keys.admission(request.who, request.kind),
        UpdateExpression: expression,
        ConditionExpression: condition,
        ExpressionAttributeNames: { "#ttl": "ttl", "#p": placesOf(request) },
        ExpressionAttributeValues: values,
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      });
      return "done";
    } catch (error) {
      if (error instanceof ConditionFailed) return error.item ?? {};
      throw error;
    }
  }

  private async free(request: Pick<Entering, "who" | "client" | "kind">, places: readonly string[]): Promise<void> {
    await this.dynamo.call("UpdateItem", {
      TableName: this.table,
      Key: keys.admission(request.who, request.kind),
      UpdateExpression: "DELETE #p :places",
      ExpressionAttributeNames: { "#p": placesOf(request) },
      ExpressionAttributeValues: { ":places": { SS: [...places] } },
    });
  }
}

/** The attribute that holds a client's places. */
const placesOf = ({ client }: Pick<Entering, "client">): string => `p ${client}`;

const minuteOf = ({ now }: Entering): number => Math.floor(now / MINUTE);

const free = "(attribute_not_exists(#p) OR size(#p) < :most)";

const valuesOf = (request: Entering, place: string): Item => ({
  ":place": { SS: [place] },
  ":most": { N: String(request.most) },
  ":minute": { N: String(minuteOf(request)) },
  ":ttl": { N: String(Math.ceil(request.now / 1000) + KEPT_SECONDS) },
  ":one": { N: "1" },
});

const inThisMinute = (request: Entering, place: string): Update => ({
  expression: "ADD #p :place, c :one SET #ttl = :ttl",
  condition: `w = :minute AND c < :perMinute AND ${free}`,
  values: { ...valuesOf(request, place), ":perMinute": { N: String(request.perMinute) } },
});

const inNewMinute = (request: Entering, place: string): Update => ({
  expression: "ADD #p :place SET w = :minute, c = :one, #ttl = :ttl",
  condition: `(attribute_not_exists(w) OR w <> :minute) AND ${free}`,
  values: valuesOf(request, place),
});
