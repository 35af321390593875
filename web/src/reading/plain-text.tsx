/** Plain text as React text: web addresses become links, quoted lines are set apart. Nothing is ever parsed as HTML. */
import { Fragment } from "react";

const webAddress = /https?:\/\/[^\s<>"')\]]+[^\s<>"')\].,;:!?]/g;
const mostCharacters = 500_000;

interface Block {
  readonly depth: number;
  readonly text: string;
}

/** Consecutive lines with the same number of `>` (RFC 3676 §4.5). */
export function quoteBlocks(text: string): readonly Block[] {
  const blocks: { depth: number; lines: string[] }[] = [];
  for (const line of text.split(/\r\n|\r|\n/)) {
    const mark = /^(?:> ?)+/.exec(line)?.[0] ?? "";
    const depth = Math.min(5, mark.replace(/[^>]/g, "").length);
    const last = blocks.at(-1);
    if (last?.depth === depth) last.lines.push(line.slice(mark.length));
    else blocks.push({ depth, lines: [line.slice(mark.length)] });
  }
  return blocks.map(({ depth, lines }) => ({ depth, text: lines.join("\n") }));
}

function withLinks(text: string) {
  const pieces: React.ReactNode[] = [];
  let from = 0;
  for (const match of text.matchAll(webAddress)) {
    pieces.push(text.slice(from, match.index));
    pieces.push(
      <a key={match.index} href={match[0]} target="_blank" rel="noopener noreferrer nofollow">
        {match[0]}
      </a>,
    );
    from = match.index + match[0].length;
  }
  pieces.push(text.slice(from));
  return pieces;
}

export function PlainText({ text }: { readonly text: string }) {
  return (
    <div className="pf-plain">
      {quoteBlocks(text.slice(0, mostCharacters)).map((block, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the blocks of one immutable text
        <Fragment key={index}>
          {block.depth === 0 ? (
            <div>{withLinks(block.text)}</div>
          ) : (
            <blockquote data-depth={block.depth}>{withLinks(block.text)}</blockquote>
          )}
        </Fragment>
      ))}
    </div>
  );
}
