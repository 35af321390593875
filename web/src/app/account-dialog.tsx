/** The person's own account: who is signed in, a second factor, and the way out. */
import { lazy, Suspense, useState } from "react";
import { cognitoSentence } from "../identity/cognito.ts";
import { Dialog } from "./dialog.tsx";
import { useMail } from "./mail-context.tsx";

const Authenticator = lazy(() => import("../identity/authenticator.tsx"));

export function AccountDialog({ onClose }: { readonly onClose: () => void }) {
  const { jmap, session } = useMail();
  const [leaving, setLeaving] = useState(false);
  return (
    <Dialog title="Your account" onClose={onClose}>
      <p>
        Signed in as <strong>{jmap.username}</strong>
      </p>
      <AuthenticatorSetting />
      <button
        type="button"
        className="nhsuk-button"
        aria-disabled={leaving}
        onClick={() => {
          setLeaving(true);
          void session.signOut("asked");
        }}
      >
        {leaving ? "Signing out…" : "Sign out"}
      </button>
    </Dialog>
  );
}

function AuthenticatorSetting() {
  const { cognito, session, jmap, notify } = useMail();
  const [secret, setSecret] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const run = async (work: (token: string) => Promise<void>) => {
    setBusy(true);
    setProblem(null);
    try {
      await work(await session.accessToken());
    } catch (error) {
      setProblem(cognitoSentence(error));
    }
    setBusy(false);
  };
  if (secret === null) {
    return (
      <div className="pf-setting">
        <p>An authenticator app on your phone makes your account much harder to break into.</p>
        {problem ? <p role="alert">{problem}</p> : null}
        <button
          type="button"
          className="nhsuk-button nhsuk-button--secondary"
          aria-disabled={busy}
          onClick={() => run(async (token) => setSecret(await cognito.startAuthenticator(token)))}
        >
          Set up an authenticator app
        </button>
      </div>
    );
  }
  return (
    <div className="pf-setting">
      <Suspense fallback={null}>
        <Authenticator
          secret={secret}
          account={jmap.username}
          problem={problem}
          busy={busy}
          onSubmit={(code) =>
            run(async (token) => {
              await cognito.finishAuthenticator(token, code);
              setSecret(null);
              notify({ text: "Your authenticator app is set up. You will be asked for a code when you sign in." });
            })
          }
        />
      </Suspense>
    </div>
  );
}
