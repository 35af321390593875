/** Email (RFC 8621 §4). */
import { MAIL } from "../capabilities.ts";
import { emailCopy } from "../email/copy.ts";
import { emailGet } from "../email/get.ts";
import { emailImport } from "../email/import.ts";
import { emailParse } from "../email/parse.ts";
import { emailProperties } from "../email/properties.ts";
import { emailQuery } from "../email/query.ts";
import { emailSet } from "../email/set.ts";
import type { TypeDefinition } from "../engine/definition.ts";

export const email: TypeDefinition = {
  name: "Email",
  capability: MAIL,
  properties: emailProperties,
  get: emailGet,
  // RFC 8621 §4.3 and §4.5: as the engine has them.
  changes: {},
  set: emailSet,
  copy: emailCopy,
  query: emailQuery,
  methods: { "Email/import": emailImport, "Email/parse": emailParse },
};
