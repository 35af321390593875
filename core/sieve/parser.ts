/** RFC 5228 §2.1, §2.4.2.1, §2.5, §2.5.1, §2.8, §2.9, §8.2: grammar. Gives commands with their arguments as written; compile.ts says whether they make sense. */
import { limits } from "../limits.ts";
import { lex, SieveSyntaxError, type Token } from "./lexer.ts";

export type Argument =
  | { kind: "tag"; name: string; line: number }
  | { kind: "number"; value: number; line: number }
  | { kind: "strings"; values: readonly string[]; isList: boolean; line: number };

export interface Node {
  readonly name: string;
  readonly line: number;
  readonly arguments: readonly Argument[];
  /** Tests of an `if`, `not`, `anyof`… */
  readonly tests: readonly Node[];
}

export interface Command extends Node {
  readonly block: readonly Command[] | null;
}

/** Throws SieveSyntaxError. */
export const parse = (script: string): Command[] => {
  const tokens = lex(script);
  let at = 0;
  const peek = (): Token => tokens[at]!;
  const isPunctuation = (text: string): boolean => {
    const token = peek();
    return token.kind === "punctuation" && token.text === text;
  };
  const accept = (text: string): boolean => isPunctuation(text) && ++at > 0;
  const fail = (wanted: string): never => {
    const token = peek();
    const found = token.kind === "end" ? "the end of the script" : "value" in token ? JSON.stringify(token.value) : `"${token.text}"`;
    throw new SieveSyntaxError(token.line, `expected ${wanted}, found ${found}`);
  };

  const stringList = (line: number): Argument => {
    const values: string[] = [];
    if (accept("]")) return { kind: "strings", values, isList: true, line };
    do {
      const token = peek();
      if (token.kind !== "string") return fail("a string");
      values.push(token.value);
      at++;
    } while (accept(","));
    if (!accept("]")) fail('"," or "]"');
    return { kind: "strings", values, isList: true, line };
  };

  const argument = (): Argument | null => {
    const token = peek();
    const { line } = token;
    if (token.kind === "punctuation") return accept("[") ? stringList(line) : null;
    if (token.kind !== "tag" && token.kind !== "number" && token.kind !== "string") return null;
    at++;
    if (token.kind === "tag") return { kind: "tag", name: token.text, line };
    if (token.kind === "number") return { kind: "number", value: token.value, line };
    return { kind: "strings", values: [token.value], isList: false, line };
  };

  const argumentsOf = (): Argument[] => {
    const found: Argument[] = [];
    for (let one = argument(); one; one = argument()) found.push(one);
    return found;
  };

  const identifier = (what: string): { name: string; line: number } => {
    const token = peek();
    if (token.kind !== "identifier") return fail(what);
    at++;
    return { name: token.text, line: token.line };
  };

  const deeper = (depth: number): number => {
    if (depth >= limits.sieve.depth) throw new SieveSyntaxError(peek().line, `nesting deeper than ${limits.sieve.depth}`);
    return depth + 1;
  };

  const test = (depth: number): Node => {
    const { name, line } = identifier("a test");
    return { name, line, arguments: argumentsOf(), tests: testsOf(deeper(depth)) };
  };

  const testsOf = (depth: number): Node[] => {
    if (peek().kind === "identifier") return [test(depth)];
    if (!accept("(")) return [];
    const found = [test(depth)];
    while (accept(",")) found.push(test(depth));
    if (!accept(")")) fail('"," or ")"');
    return found;
  };

  const command = (depth: number): Command => {
    const { name, line } = identifier("a command");
    const given = { name, line, arguments: argumentsOf(), tests: testsOf(depth) };
    if (accept(";")) return { ...given, block: null };
    if (!accept("{")) fail('";" or a block "{"');
    const block: Command[] = [];
    while (!isPunctuation("}")) {
      if (peek().kind === "end") fail('"}"');
      block.push(command(deeper(depth)));
    }
    at++;
    return { ...given, block };
  };

  const commands: Command[] = [];
  while (peek().kind !== "end") commands.push(command(0));
  return commands;
};
