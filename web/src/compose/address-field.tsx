/** Recipients as chips with suggestions (WAI-ARIA combobox). What cannot be an address is marked at once, not after Send. */
import { useId, useRef, useState } from "react";
import { Icon } from "../app/icons.tsx";
import type { Address } from "../jmap/types.ts";
import { displayName, formatAddress } from "../mail/wording.ts";
import { parseAddresses, withoutDuplicates } from "./addresses.ts";

interface AddressFieldProps {
  readonly id: string;
  readonly label: string;
  readonly addresses: readonly Address[];
  readonly onChange: (addresses: readonly Address[]) => void;
  readonly typed: string;
  readonly onTyped: (text: string) => void;
  readonly suggest: (text: string) => readonly Address[];
  readonly problem: string | null;
  readonly autoFocus?: boolean;
}

export function AddressField({ id, label, addresses, onChange, typed, onTyped, suggest, problem, autoFocus }: AddressFieldProps) {
  const [at, setAt] = useState(-1);
  const [shown, setShown] = useState(false);
  const listId = useId();
  const input = useRef<HTMLInputElement>(null);
  const chosen = new Set(addresses.map((address) => address.email.toLowerCase()));
  const suggestions = shown && typed.trim().length > 1 ? suggest(typed).filter((address) => !chosen.has(address.email.toLowerCase())) : [];

  const add = (more: readonly Address[]) => {
    onChange(withoutDuplicates([...addresses, ...more]));
    onTyped("");
    setAt(-1);
  };
  /** Takes what is typed; leaves what is not an address in the box. */
  const settle = (text: string) => {
    const parsed = parseAddresses(text);
    if (parsed.addresses.length > 0) onChange(withoutDuplicates([...addresses, ...parsed.addresses]));
    onTyped(parsed.invalid.join(", "));
    setAt(-1);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const choice = suggestions[at];
    if (event.key === "ArrowDown" && suggestions.length > 0) setAt((at + 1) % suggestions.length);
    else if (event.key === "ArrowUp" && suggestions.length > 0) setAt((at - 1 + suggestions.length) % suggestions.length);
    else if (event.key === "Escape" && suggestions.length > 0) setShown(false);
    else if ((event.key === "Enter" || event.key === "Tab") && choice) add([choice]);
    else if ((event.key === "Enter" || event.key === "," || event.key === ";") && typed.trim() !== "") settle(typed);
    else if (event.key === "Backspace" && typed === "" && addresses.length > 0) return onChange(addresses.slice(0, -1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className={`pf-to${problem ? " pf-to--problem" : ""}`}>
      <label htmlFor={id}>{label}</label>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a click beside the chips is a click on the field */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field itself takes the keys */}
      <div className="pf-to__box" onClick={(event) => event.target === event.currentTarget && input.current?.focus()}>
        <ul className="pf-to__chips" aria-label={`${label} recipients`} hidden={addresses.length === 0}>
          {addresses.map((address) => (
            <li key={address.email} title={formatAddress(address)}>
              <span>{displayName(address)}</span>
              <button
                type="button"
                aria-label={`Remove ${displayName(address)}`}
                onClick={() => onChange(addresses.filter((each) => each !== address))}
              >
                <Icon name="close" size={14} />
              </button>
            </li>
          ))}
        </ul>
        <input
          ref={input}
          id={id}
          type="text"
          inputMode="email"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          // biome-ignore lint/a11y/noAutofocus: a new message begins with its recipient
          autoFocus={autoFocus}
          role="combobox"
          aria-expanded={suggestions.length > 0}
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={at >= 0 ? `${listId}-${at}` : undefined}
          aria-invalid={problem !== null}
          aria-describedby={problem ? `${id}-error` : undefined}
          value={typed}
          onChange={(event) => {
            setShown(true);
            setAt(-1);
            if (/[,;\n]\s*$/.test(event.target.value)) settle(event.target.value);
            else onTyped(event.target.value);
          }}
          onPaste={(event) => {
            const text = event.clipboardData.getData("text");
            if (!/[@,;\n]/.test(text)) return;
            event.preventDefault();
            settle(`${typed}${text}`);
          }}
          onBlur={() => {
            setShown(false);
            if (typed.trim() !== "") settle(typed);
          }}
          onKeyDown={onKeyDown}
        />
        <div className="pf-to__list" id={listId} role="listbox" aria-label="People" hidden={suggestions.length === 0}>
          {suggestions.map((address, index) => (
            // biome-ignore lint/a11y/useFocusableInteractive: as above
            // biome-ignore lint/a11y/useKeyWithClickEvents: as above
            <div
              key={address.email}
              id={`${listId}-${index}`}
              role="option"
              aria-selected={index === at}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => add([address])}
            >
              <strong>{displayName(address)}</strong>
              {address.name ? <span>{address.email}</span> : null}
            </div>
          ))}
        </div>
      </div>
      {problem ? (
        <p className="nhsuk-error-message" id={`${id}-error`}>
          {problem}
        </p>
      ) : null}
    </div>
  );
}
