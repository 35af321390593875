import { useEffect } from "react";
import { backoffMilliseconds } from "../jmap/client.ts";
import { Mark } from "./icons.tsx";

/** The first try after about 3 s, the later ones further apart, up to every 30 s. */
const firstAttempt = 3;

interface StartProblemProps {
  /** Tries to start once more: true when it did, and then something else is shown. Without it only a reload helps. */
  readonly again?: () => Promise<boolean>;
}

/** Nothing could be started: said plainly, with the one thing that helps. Meanwhile it goes on trying by itself. */
export function StartProblem({ again }: StartProblemProps) {
  useEffect(() => {
    if (!again) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    const wait = (attempt: number) => {
      timer = setTimeout(async () => {
        timer = undefined;
        const started = await again();
        if (!started && !stopped) wait(attempt + 1);
      }, backoffMilliseconds(attempt));
    };
    const now = () => {
      // Whoever is at it goes on by themselves.
      if (timer === undefined) return;
      clearTimeout(timer);
      wait(0);
    };
    wait(firstAttempt);
    addEventListener("online", now);
    return () => {
      stopped = true;
      clearTimeout(timer);
      removeEventListener("online", now);
    };
  }, [again]);
  return (
    <main className="pf-door">
      <div className="pf-door__card">
        <Mark size={48} />
        <h1 className="nhsuk-heading-l">Penfold is not available</h1>
        <p>
          The mail service cannot be reached from this computer at the moment. Your mail is safe.
          {again ? " This page keeps trying, and shows your mail as soon as it can." : null}
        </p>
        <button type="button" className="nhsuk-button" onClick={() => location.reload()}>
          Try again
        </button>
      </div>
    </main>
  );
}
