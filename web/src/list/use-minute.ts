import { useEffect, useState } from "react";

/** Now, to the minute: dates in the list turn from "14:05" into "Mon" while it is left open. */
export function useMinute(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 60_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
