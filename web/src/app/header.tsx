import { useCallback, useEffect, useRef, useState } from "react";
import { Icon, Mark } from "./icons.tsx";
import { type Connection, useMail } from "./mail-context.tsx";
import { go } from "./router.ts";
import { useShortcut } from "./shortcuts.ts";

interface HeaderProps {
  readonly accountId: string | null;
  readonly text: string;
  readonly connection: Connection;
  readonly navOpen: boolean;
  readonly onMenu: () => void;
  readonly onHelp: () => void;
  readonly onAccount: () => void;
}

export function Header({ accountId, text, connection, navOpen, onMenu, onHelp, onAccount }: HeaderProps) {
  const { jmap } = useMail();
  const [typed, setTyped] = useState(text);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => setTyped(text), [text]);
  const focusSearch = useCallback(() => field.current?.focus(), []);
  useShortcut("/", focusSearch);
  return (
    <header className="pf-header">
      <button
        type="button"
        className="pf-header__button pf-header__menu"
        aria-expanded={navOpen}
        aria-controls="mailboxes"
        onClick={onMenu}
      >
        <Icon name="menu" size={24} />
        <span className="nhsuk-u-visually-hidden">Mailboxes</span>
      </button>
      <a className="pf-header__brand" href="#/" aria-label="Penfold, to the inbox">
        <Mark size={30} />
        <span>Penfold</span>
      </a>
      <search className="pf-header__search">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const wanted = typed.trim();
            if (!accountId || !wanted) return;
            go({ accountId, view: { kind: "search", text: wanted }, threadId: null });
            field.current?.blur();
          }}
        >
          <label className="nhsuk-u-visually-hidden" htmlFor="search">
            Search mail
          </label>
          <input
            ref={field}
            id="search"
            type="search"
            placeholder="Search mail"
            autoComplete="off"
            value={typed}
            onChange={(event) => {
              setTyped(event.target.value);
              if (event.target.value === "" && text !== "") go({ accountId, view: null, threadId: null });
            }}
          />
          <button type="submit" aria-label="Search">
            <Icon name="search" />
          </button>
        </form>
      </search>
      <ConnectionState connection={connection} />
      <button type="button" className="pf-header__button" onClick={onHelp}>
        <Icon name="help" />
        <span className="pf-header__words">Help</span>
      </button>
      <button type="button" className="pf-header__button" onClick={onAccount} aria-haspopup="dialog">
        <Icon name="person" />
        <span className="pf-header__words">{accountName(jmap.username)}</span>
        <span className="nhsuk-u-visually-hidden">, account and sign out</span>
      </button>
    </header>
  );
}

const accountName = (username: string) => (username.length > 28 ? `${username.slice(0, 27)}…` : username);

function ConnectionState({ connection }: { readonly connection: Connection }) {
  return (
    <span className="pf-header__connection" role="status" data-connection={connection}>
      {connection === "offline" ? "Offline: trying again" : ""}
    </span>
  );
}
