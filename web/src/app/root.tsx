/** Either the door or the mail. Everything of a person is built inside and falls with them: signing out reloads the page. */
import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from "react";
import type { Cognito } from "../identity/cognito.ts";
import type { SessionStore, SignedOutReason } from "../identity/session-store.ts";
import { SignIn } from "../identity/sign-in.tsx";
import { Boundary } from "./boundary.tsx";
import type { WebConfig } from "./config.ts";
import { Opening } from "./opening.tsx";
import { StartProblem } from "./start-problem.tsx";

const MailApp = lazy(() => import("./mail-app.tsx"));

interface RootProps {
  readonly config: WebConfig;
  readonly cognito: Cognito;
  readonly session: SessionStore;
}

/** Carried over the reload that signing out makes; holds no personal data. */
const reasonKey = "penfold.signedOut";

function takeReason(): SignedOutReason | null {
  const reason = sessionStorage.getItem(reasonKey) as SignedOutReason | null;
  sessionStorage.removeItem(reasonKey);
  return reason;
}

export function Root({ config, cognito, session }: RootProps) {
  const signedIn = useSyncExternalStore(session.subscribe, session.isSignedIn);
  const [reason] = useState(takeReason);
  useEffect(() => {
    session.onSignedOut = (why) => {
      sessionStorage.setItem(reasonKey, why);
      // A new document: no cache, draft or message of the last person is left in memory or in the address.
      location.replace(location.pathname);
    };
  }, [session]);
  if (!signedIn) return <SignIn cognito={cognito} reason={reason} onSignedIn={(tokens) => session.begin(tokens)} />;
  return (
    <Boundary fallback={<StartProblem />}>
      <Suspense fallback={<Opening />}>
        <MailApp config={config} cognito={cognito} session={session} />
      </Suspense>
    </Boundary>
  );
}
