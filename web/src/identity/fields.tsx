/** The form fields of the door, after the NHS design system. */
import { useEffect, useRef, useState } from "react";

export function Problem({ text }: { readonly text: string }) {
  const box = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new sentence takes the focus again
  useEffect(() => box.current?.focus(), [text]);
  return (
    <div ref={box} className="nhsuk-error-summary" role="alert" tabIndex={-1}>
      <h2 className="nhsuk-error-summary__title">There is a problem</h2>
      <div className="nhsuk-error-summary__body">
        <p>{text}</p>
      </div>
    </div>
  );
}

interface FieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly problem: string | null;
}

interface PasswordFieldProps extends FieldProps {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly autoComplete: string;
}

export function PasswordField({ id, label, hint, autoComplete, value, onChange, problem }: PasswordFieldProps) {
  const [shown, setShown] = useState(false);
  const described = [hint ? `${id}-hint` : "", problem ? `${id}-error` : ""].filter(Boolean).join(" ") || undefined;
  return (
    <div className={`nhsuk-form-group${problem ? " nhsuk-form-group--error" : ""}`}>
      <label className="nhsuk-label" htmlFor={id}>
        {label}
      </label>
      {hint ? (
        <div className="nhsuk-hint" id={`${id}-hint`}>
          {hint}
        </div>
      ) : null}
      {problem ? (
        <span className="nhsuk-error-message" id={`${id}-error`}>
          {problem}
        </span>
      ) : null}
      <div className="pf-password">
        <input
          className="nhsuk-input"
          id={id}
          name={id}
          type={shown ? "text" : "password"}
          autoComplete={autoComplete}
          autoCapitalize="none"
          spellCheck={false}
          aria-describedby={described}
          aria-invalid={problem !== null}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
        <button
          type="button"
          className="pf-password__toggle"
          aria-pressed={shown}
          aria-label={`Show ${label.toLowerCase()}`}
          onClick={() => setShown(!shown)}
        >
          {shown ? "Hide" : "Show"}
        </button>
      </div>
    </div>
  );
}

export function CodeField({ value, onChange, problem }: FieldProps) {
  return (
    <div className={`nhsuk-form-group${problem ? " nhsuk-form-group--error" : ""}`}>
      <label className="nhsuk-label" htmlFor="code">
        Security code
      </label>
      {problem ? (
        <span className="nhsuk-error-message" id="code-error" role="alert">
          {problem}
        </span>
      ) : null}
      <input
        className="nhsuk-input nhsuk-input--width-5 pf-code"
        id="code"
        name="code"
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={6}
        aria-describedby={problem ? "code-error" : undefined}
        aria-invalid={problem !== null}
        value={value}
        onChange={(event) => onChange(event.target.value.replace(/\D/g, ""))}
      />
    </div>
  );
}
