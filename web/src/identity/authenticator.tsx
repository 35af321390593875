/** Joining an authenticator app: a picture to scan, the same key as text, and a first code as proof. Used at the door and in settings. */
import qrcode from "qrcode-generator";
import { useMemo, useState } from "react";
import { CodeField } from "./fields.tsx";

interface AuthenticatorProps {
  readonly secret: string;
  readonly account: string;
  readonly problem: string | null;
  readonly busy: boolean;
  readonly onSubmit: (code: string) => void;
}

/** The squares of a QR code as one SVG path, with the four squares of quiet zone that readers need. */
function squares(text: string): { path: string; size: number } {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  let path = "";
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) if (code.isDark(row, column)) path += `M${column + 4} ${row + 4}h1v1h-1z`;
  }
  return { path, size: count + 8 };
}

export default function Authenticator({ secret, account, problem, busy, onSubmit }: AuthenticatorProps) {
  const [code, setCode] = useState("");
  const [short, setShort] = useState<string | null>(null);
  const picture = useMemo(
    () => squares(`otpauth://totp/${encodeURIComponent(`Penfold:${account}`)}?secret=${encodeURIComponent(secret)}&issuer=Penfold`),
    [secret, account],
  );
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const found = /^\d{6}$/.test(code) ? null : "Enter the 6 digits";
        setShort(found);
        if (found === null && !busy) onSubmit(code);
      }}
    >
      <ol className="pf-steps">
        <li>Open an authenticator app on your phone and add an account.</li>
        <li>Point the phone at this picture, or type the key below it.</li>
        <li>Enter the 6 digits that the app shows.</li>
      </ol>
      <svg className="pf-qr" viewBox={`0 0 ${picture.size} ${picture.size}`} role="img" aria-label="QR code with the key below">
        <rect width={picture.size} height={picture.size} fill="#fff" />
        <path d={picture.path} fill="#212b32" shapeRendering="crispEdges" />
      </svg>
      <p className="pf-key">
        <span className="nhsuk-u-visually-hidden">Key: </span>
        <code>{secret.match(/.{1,4}/g)?.join(" ")}</code>
      </p>
      <CodeField value={code} onChange={setCode} problem={short ?? problem} />
      <button type="submit" className="nhsuk-button" aria-disabled={busy}>
        Finish
      </button>
    </form>
  );
}
