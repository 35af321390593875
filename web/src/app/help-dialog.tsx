import { useState } from "react";
import { Dialog } from "./dialog.tsx";
import { shortcutHelp, shortcutsAreOn, switchShortcuts } from "./shortcuts.ts";

export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  const [on, setOn] = useState(shortcutsAreOn);
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl className="pf-keys">
        {shortcutHelp.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <label className="pf-check">
        <input
          type="checkbox"
          checked={on}
          onChange={(event) => {
            switchShortcuts(event.target.checked);
            setOn(event.target.checked);
          }}
        />
        Use single-key shortcuts
      </label>
    </Dialog>
  );
}
