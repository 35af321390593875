/** The house's dependency table (docs/map.md) as rules. */
const within = (room) => `^${room}/`;
const forbid = (name, from, to, comment) => ({ name, comment, severity: "error", from, to });

module.exports = {
  forbidden: [
    forbid(
      "core-is-pure",
      { path: within("core") },
      { path: "^(aws|lambdas|lib|local|bin|web|test|tools)/" },
      "core imports itself and pure libraries",
    ),
    forbid(
      "core-libraries",
      { path: within("core") },
      {
        dependencyTypes: ["npm", "npm-dev", "npm-optional", "core"],
        pathNot:
          "node_modules/(zod|nodemailer|iconv-lite|html-to-text|htmlparser2|libphonenumber-js|postal-mime|fflate|tldts|punycode|psl|snowball-stemmers|stemmer|unpdf|mammoth|@types)/|^(crypto|zlib|buffer|node:crypto|node:zlib|node:buffer)$",
      },
      "core uses no AWS SDK, clock, environment or file system",
    ),
    forbid("lambdas-import", { path: within("lambdas") }, { path: "^(lib|local|bin|web|test|tools)/" }, "lambdas import core and aws"),
    forbid("aws-import", { path: within("aws") }, { path: "^(lambdas|lib|local|bin|web|test|tools)/" }, "aws imports core"),
    forbid("lib-import", { path: within("lib") }, { path: "^(aws|lambdas|local|bin|web|test|tools)/" }, "lib names lambdas by path only"),
    forbid(
      "lib-core",
      { path: within("lib") },
      { path: within("core"), pathNot: "^core/(limits|stages)\\.ts$" },
      "lib reads limits and the stage table",
    ),
    forbid(
      "local-import",
      { path: within("local") },
      { path: "^(core|aws|lambdas|lib|bin|web|test)/" },
      "the laptop cloud knows AWS, nothing of mail",
    ),
    forbid("web-import", { path: within("web") }, { path: "^(aws|lambdas|lib|local|bin|test|tools)/" }, "the webmail talks JMAP"),
    forbid("web-core", { path: within("web") }, { path: within("core"), pathNot: "^core/jmap/" }, "the webmail shares JMAP types only"),
    forbid("no-cycles", {}, { circular: true, dependencyTypesNot: ["type-only"] }, "a cycle hides which room decides"),
    forbid("no-unresolvable", {}, { couldNotResolve: true, pathNot: "^(virtual:|aws-lambda$)" }, "an import that leads nowhere"),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(web/dist|cdk\\.out)" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".js", ".mjs", ".cjs", ".json"],
    },
  },
};
