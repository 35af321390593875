import { createServer } from "node:net";

export interface PortWish {
  /** 0: any free one. */
  readonly port: number;
  /** For the sentence when it is busy, e.g. "web". */
  readonly purpose: string;
  /** How to choose another, e.g. "--web-port or PENFOLD_WEB_PORT". */
  readonly advice: string;
}

/** The port wished for, or any free one for 0; a sentence when it is busy. */
export async function claimPort(wish: PortWish): Promise<number> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(wish.port, "127.0.0.1", resolve));
    return (server.address() as { port: number }).port;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const why = code === "EADDRINUSE" ? "is in use by another program" : `cannot be opened (${code})`;
    throw new Error(`Port ${wish.port} for ${wish.purpose} ${why}; choose another with ${wish.advice}.`, { cause });
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}
