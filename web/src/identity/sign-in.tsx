/** The door: email address and password, then whatever the pool asks for next. One question at a time. */
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { Mark } from "../app/icons.tsx";
import type { Cognito, SignInStep, Tokens } from "./cognito.ts";
import { CodeField, PasswordField, Problem } from "./fields.tsx";
import type { SignedOutReason } from "./session-store.ts";

const Authenticator = lazy(() => import("./authenticator.tsx"));

interface SignInProps {
  readonly cognito: Cognito;
  readonly reason: SignedOutReason | null;
  readonly onSignedIn: (tokens: Tokens) => void;
}

const reasons: Record<SignedOutReason, string> = {
  asked: "You have signed out. Nothing of yours is left on this computer.",
  expired: "You have been signed out because your session ended. Sign in again to carry on.",
  idle: "You were signed out because this computer was not used for a while.",
};

export function SignIn({ cognito, reason, onSignedIn }: SignInProps) {
  const [step, setStep] = useState<SignInStep | null>(null);
  const [busy, setBusy] = useState(false);
  const run = async (work: () => Promise<SignInStep>) => {
    setBusy(true);
    const next = await work();
    setBusy(false);
    if (next.kind === "signedIn") onSignedIn(next.tokens);
    else setStep(next);
  };
  return (
    <div className="pf-door">
      <header className="pf-door__brand">
        <Mark size={44} />
        <span>Penfold</span>
      </header>
      <main className="pf-door__card" aria-busy={busy}>
        {step === null || step.kind === "refused" || step.kind === "signedIn" ? (
          <Credentials
            notice={step === null && reason ? reasons[reason] : null}
            problem={step?.kind === "refused" ? step.problem : null}
            busy={busy}
            onSubmit={(username, password) => run(() => cognito.signIn(username, password))}
          />
        ) : step.kind === "newPassword" ? (
          <NewPassword step={step} busy={busy} onSubmit={(password) => run(() => cognito.chooseNewPassword(step, password))} />
        ) : step.kind === "totp" ? (
          <Code step={step} busy={busy} onSubmit={(code) => run(() => cognito.enterCode(step, code))} />
        ) : (
          <Suspense fallback={null}>
            <h1 className="nhsuk-heading-m">Set up your authenticator app</h1>
            <Authenticator
              secret={step.secret}
              account={step.username}
              problem={step.problem ?? null}
              busy={busy}
              onSubmit={(code) => run(() => cognito.finishEnrolment(step, code))}
            />
          </Suspense>
        )}
      </main>
      <p className="pf-door__note">Use Penfold only for your work. Sign out when you leave a shared computer.</p>
    </div>
  );
}

interface CredentialsProps {
  readonly notice: string | null;
  readonly problem: string | null;
  readonly busy: boolean;
  readonly onSubmit: (username: string, password: string) => void;
}

function Credentials({ notice, problem, busy, onSubmit }: CredentialsProps) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [missing, setMissing] = useState<"username" | "password" | null>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const lacks = username.trim() === "" ? "username" : password === "" ? "password" : null;
        setMissing(lacks);
        if (lacks === null && !busy) onSubmit(username.trim().toLowerCase(), password);
      }}
    >
      <h1 className="nhsuk-heading-m">Sign in to your mail</h1>
      {notice ? <p className="pf-notice">{notice}</p> : null}
      {problem ? <Problem text={problem} /> : null}
      <div className={`nhsuk-form-group${missing === "username" ? " nhsuk-form-group--error" : ""}`}>
        <label className="nhsuk-label" htmlFor="username">
          Email address
        </label>
        {missing === "username" ? (
          <span className="nhsuk-error-message" id="username-error">
            Enter your email address
          </span>
        ) : null}
        <input
          ref={field}
          className="nhsuk-input"
          id="username"
          name="username"
          type="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          aria-invalid={missing === "username"}
          aria-describedby={missing === "username" ? "username-error" : undefined}
          value={username}
          onChange={(event) => setUsername(event.target.value)}
        />
      </div>
      <PasswordField
        id="password"
        label="Password"
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        problem={missing === "password" ? "Enter your password" : null}
      />
      <button type="submit" className="nhsuk-button pf-wide" aria-disabled={busy}>
        {busy ? "Signing in…" : "Sign in"}
      </button>
    </form>
  );
}

interface StepProps<T> {
  readonly step: T;
  readonly busy: boolean;
  readonly onSubmit: (value: string) => void;
}

function NewPassword({ step, busy, onSubmit }: StepProps<SignInStep & { kind: "newPassword" }>) {
  const [first, setFirst] = useState("");
  const [second, setSecond] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const found = first.length < 8 ? "Use at least 12 characters" : first !== second ? "The two passwords are not the same" : null;
        setProblem(found);
        if (found === null && !busy) onSubmit(first);
      }}
    >
      <h1 className="nhsuk-heading-m">Choose your own password</h1>
      <p>The one you were given works only once.</p>
      {step.problem && problem === null ? <Problem text={step.problem} /> : null}
      <PasswordField
        id="new-password"
        label="New password"
        hint="At least 12 characters, with capital and small letters, numbers and a symbol"
        autoComplete="new-password"
        value={first}
        onChange={setFirst}
        problem={problem}
      />
      <PasswordField
        id="new-password-again"
        label="New password again"
        autoComplete="new-password"
        value={second}
        onChange={setSecond}
        problem={null}
      />
      <button type="submit" className="nhsuk-button pf-wide" aria-disabled={busy}>
        Save and sign in
      </button>
    </form>
  );
}

function Code({ step, busy, onSubmit }: StepProps<SignInStep & { kind: "totp" }>) {
  const [code, setCode] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const found = /^\d{6}$/.test(code) ? null : "Enter the 6 digits";
        setProblem(found);
        if (found === null && !busy) onSubmit(code);
      }}
    >
      <h1 className="nhsuk-heading-m">Enter your security code</h1>
      <p>Open your authenticator app and enter the 6 digits that it shows for Penfold.</p>
      <CodeField value={code} onChange={setCode} problem={problem ?? step.problem ?? null} />
      <button type="submit" className="nhsuk-button pf-wide" aria-disabled={busy}>
        Continue
      </button>
    </form>
  );
}
