/** A sender's HTML on the screen (RFC 8621 §9.2, §9.3): an opaque origin, no scripts, its own policy; links open in a new tab without a way back. */
import { useEffect, useRef, useState } from "react";
import { measureFrame } from "./measure-frame.ts";

const mostPixels = 60_000;

export function MessageFrame({ html, label }: { readonly html: string; readonly label: string }) {
  const holder = useRef<HTMLDivElement>(null);
  const [height, setHeight] = useState(120);
  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    let stop = new AbortController();
    let width = 0;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth === width || element.clientWidth === 0) return;
      width = element.clientWidth;
      stop.abort();
      stop = new AbortController();
      void measureFrame(html, width, stop.signal).then((measured) => {
        if (measured !== null) setHeight(Math.min(mostPixels, Math.max(40, measured)));
      });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      stop.abort();
    };
  }, [html]);
  return (
    <div className="pf-frame" ref={holder}>
      <iframe
        title={label}
        srcDoc={html}
        sandbox="allow-popups allow-popups-to-escape-sandbox"
        referrerPolicy="no-referrer"
        style={{ height: `${height}px` }}
      />
    </div>
  );
}
