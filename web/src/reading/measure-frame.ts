/**
 * The height a message needs. The frame that is shown has an origin of its own and runs nothing, so nobody can ask it how tall it is.
 * A twin is laid out out of sight for a moment: it may be looked into (allow-same-origin) but has no allow-scripts, carries the same
 * sanitised text under the same policy, can open, submit and navigate nothing, and is taken away as soon as it has been measured.
 */
const patienceMilliseconds = 4_000;

export function measureFrame(html: string, widthPixels: number, signal: AbortSignal): Promise<number | null> {
  return new Promise((resolve) => {
    const twin = document.createElement("iframe");
    twin.setAttribute("sandbox", "allow-same-origin");
    twin.setAttribute("aria-hidden", "true");
    twin.tabIndex = -1;
    twin.className = "pf-measure";
    twin.style.width = `${widthPixels}px`;
    const finish = (height: number | null) => {
      clearTimeout(timer);
      twin.remove();
      resolve(height);
    };
    const measured = () => {
      const root = twin.contentDocument?.documentElement;
      if (!root) return null;
      const scrollbar = root.scrollWidth > root.clientWidth ? 18 : 0;
      return Math.ceil(root.getBoundingClientRect().height) + scrollbar;
    };
    const timer = setTimeout(() => finish(measured()), patienceMilliseconds);
    twin.addEventListener("load", () => finish(measured()), { once: true });
    signal.addEventListener("abort", () => finish(null), { once: true });
    twin.srcdoc = html;
    document.body.append(twin);
  });
}
