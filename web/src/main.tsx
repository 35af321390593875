import "./style/penfold.scss";
import { createRoot } from "react-dom/client";
import { loadConfig } from "./app/config.ts";
import { Root } from "./app/root.tsx";
import { StartProblem } from "./app/start-problem.tsx";
import { Cognito } from "./identity/cognito.ts";
import { SessionStore } from "./identity/session-store.ts";

const root = createRoot(document.getElementById("root") as HTMLElement);
async function start(): Promise<boolean> {
  try {
    const config = await loadConfig();
    const cognito = new Cognito(config);
    root.render(<Root config={config} cognito={cognito} session={new SessionStore(cognito, sessionStorage)} />);
    return true;
  } catch {
    return false;
  }
}
if (!(await start())) root.render(<StartProblem again={start} />);
