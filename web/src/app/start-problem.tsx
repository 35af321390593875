import { Mark } from "./icons.tsx";

/** Nothing could be started: said plainly, with the one thing that helps. */
export function StartProblem() {
  return (
    <main className="pf-door">
      <div className="pf-door__card">
        <Mark size={48} />
        <h1 className="nhsuk-heading-l">Penfold is not available</h1>
        <p>The mail service cannot be reached from this computer at the moment. Your mail is safe.</p>
        <button type="button" className="nhsuk-button" onClick={() => location.reload()}>
          Try again
        </button>
      </div>
    </main>
  );
}
