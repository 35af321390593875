/** How accepted messages ended, by the traces. */
import type { ReceiptId } from "../../../core/ids.ts";
import type { TraceRecord } from "../../../core/ports/trace-store.ts";
import { eventually } from "./jmap-session.ts";
import type { SmallService } from "./small-service.ts";

const endings: readonly string[] = ["filed", "quarantined", "bounced", "dropped"];

export interface Ended {
  readonly stage: string;
  readonly recipient: string | undefined;
  readonly reasons: readonly string[];
}

/** Waits for the ending of `recipients` recipients of one receipt. */
export const endingsOf = (service: SmallService, receiptId: string, recipients = 1, patienceMilliseconds = 60_000): Promise<Ended[]> =>
  eventually(
    async () => {
      const ended = (await service.ports.traces.ofReceipt(receiptId as ReceiptId)).filter(({ stage }) => endings.includes(stage));
      return ended.length >= recipients ? ended.map(endedOf) : null;
    },
    patienceMilliseconds,
    `${recipients} endings of ${receiptId}`,
  );

const endedOf = ({ stage, recipient, reasons }: TraceRecord): Ended => ({ stage, recipient, reasons: reasons ?? [] });
