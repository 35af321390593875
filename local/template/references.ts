/** What a template value depends on, found without resolving it. */
export interface References {
  readonly names: Set<string>;
  readonly imports: Set<string>;
}

/** Logical ids (and parameter names) that a value refers to, and export names that it imports as plain strings. */
export function referencesOf(value: unknown, found: References = { names: new Set(), imports: new Set() }): References {
  if (Array.isArray(value)) {
    for (const item of value) referencesOf(item, found);
    return found;
  }
  if (value === null || typeof value !== "object") return found;
  for (const [key, item] of Object.entries(value)) {
    if (key === "Ref" && typeof item === "string") found.names.add(item);
    else if (key === "Fn::GetAtt") found.names.add(Array.isArray(item) ? String(item[0]) : String(item).split(".")[0]!);
    else if (key === "Fn::ImportValue" && typeof item === "string") found.imports.add(item);
    else if (key === "Fn::Sub") substitutedNames(item, found);
    referencesOf(item, found);
  }
  return found;
}

function substitutedNames(argument: unknown, found: References): void {
  const pattern = Array.isArray(argument) ? String(argument[0]) : String(argument);
  for (const [, name] of pattern.matchAll(/\$\{([^!}][^}]*)\}/g)) found.names.add(name!.split(".")[0]!);
}
