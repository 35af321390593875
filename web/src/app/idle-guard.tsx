/** Ward computers are shared: after a while without use the person is asked, then signed out (WCAG 2.2.1: warned, and can stay). */
import { useEffect, useRef, useState } from "react";
import { Dialog } from "./dialog.tsx";

const warnSeconds = 60;
const signs = ["pointerdown", "keydown", "wheel", "touchstart"] as const;

export function IdleGuard({ minutes, onIdle }: { readonly minutes: number; readonly onIdle: () => void }) {
  const last = useRef(Date.now());
  const [secondsLeft, setSecondsLeft] = useState<number | null>(null);
  const warning = secondsLeft !== null;
  const leave = useRef(onIdle);
  leave.current = onIdle;
  useEffect(() => {
    const used = () => {
      if (!warning) last.current = Date.now();
    };
    for (const sign of signs) addEventListener(sign, used, { passive: true, capture: true });
    const timer = setInterval(() => {
      const left = Math.ceil((last.current + minutes * 60_000 - Date.now()) / 1000);
      if (left <= 0) leave.current();
      else setSecondsLeft(left <= warnSeconds ? left : null);
    }, 1000);
    return () => {
      for (const sign of signs) removeEventListener(sign, used, { capture: true });
      clearInterval(timer);
    };
  }, [minutes, warning]);
  if (secondsLeft === null) return null;
  const stay = () => {
    last.current = Date.now();
    setSecondsLeft(null);
  };
  return (
    <Dialog title="Are you still there?" onClose={stay}>
      <p>
        You will be signed out in <strong>{secondsLeft} seconds</strong>. What you were writing is kept in Drafts.
      </p>
      <button type="button" className="nhsuk-button" onClick={stay}>
        Stay signed in
      </button>
    </Dialog>
  );
}
