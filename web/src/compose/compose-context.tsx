/** How any screen asks for a message to be written. */
import { createContext, useContext } from "react";
import type { EmailContent } from "../jmap/types.ts";

export type ReplyKind = "reply" | "replyAll" | "forward";

export type ComposeSeed = { readonly key: string; readonly accountId: string } & (
  | { readonly kind: "new" }
  | { readonly kind: ReplyKind; readonly original: EmailContent }
  | { readonly kind: "draft"; readonly draftId: string }
);

export type ComposeRequest = ComposeSeed extends infer Seed ? (Seed extends ComposeSeed ? Omit<Seed, "key"> : never) : never;

export const ComposeContext = createContext<(request: ComposeRequest) => void>(() => {});
export const useCompose = () => useContext(ComposeContext);
