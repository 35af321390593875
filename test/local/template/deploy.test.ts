import { describe, expect, it } from "vitest";
import type { LocalService, TemplateResource } from "../../../local/service.ts";
import { loadAssembly, type Template } from "../../../local/template/assembly.ts";
import { deploy } from "../../../local/template/deploy.ts";
import { writeAssembly } from "../support/assembly.ts";

/** A service that makes "Test::Thing" and keeps what it was given. */
function recorder() {
  const made: TemplateResource[] = [];
  const service: LocalService = {
    name: "test",
    signingNames: [],
    protocol: "json",
    body: "buffered",
    resources: {
      "Test::Thing": {
        properties: { Value: "used", Other: "used" },
        create: async (resource) => {
          made.push(resource);
          return { ref: `ref-${resource.logicalId}`, attributes: { Arn: `arn-${resource.logicalId}`, DomainName: "127.0.0.1:8080" } };
        },
      },
    },
    start: async () => {},
    iamOf: () => [],
    handle: async () => {},
    stop: async () => {},
  };
  return { service, made };
}

const thing = (Value?: unknown, more: object = {}) => ({ Type: "Test::Thing", Properties: Value === undefined ? {} : { Value }, ...more });

async function run(stacks: Record<string, Template>) {
  const { service, made } = recorder();
  const deployed = await deploy(loadAssembly(writeAssembly(stacks)), [service]);
  return { deployed, made, value: (logicalId: string) => made.find((resource) => resource.logicalId === logicalId)?.properties.Value };
}

const resolved = async (Value: unknown, more: Partial<Template> = {}) =>
  (await run({ S: { ...more, Resources: { Other: thing(), Probe: thing(Value) } } })).value("Probe");

/** CloudFormation user guide: "Intrinsic function reference". */
describe("intrinsics", () => {
  const conditions = { Conditions: { Yes: { "Fn::Equals": ["a", "a"] }, No: { "Fn::Not": [{ Condition: "Yes" }] } } };
  it.each<[string, unknown, unknown, Partial<Template>?]>([
    ["Ref of a resource", { Ref: "Other" }, "ref-Other"],
    ["Ref of a parameter", { Ref: "P" }, "default", { Parameters: { P: { Type: "String", Default: "default" } } }],
    [
      "pseudo parameters",
      [{ Ref: "AWS::Region" }, { Ref: "AWS::AccountId" }, { Ref: "AWS::Partition" }],
      ["eu-west-2", "000000000000", "aws"],
    ],
    ["NoValue in an object and a list", { a: { Ref: "AWS::NoValue" }, b: [1, { Ref: "AWS::NoValue" }] }, { b: [1] }],
    ["GetAtt as a list and as a string", [{ "Fn::GetAtt": ["Other", "Arn"] }, { "Fn::GetAtt": "Other.Arn" }], ["arn-Other", "arn-Other"]],
    ["Join", { "Fn::Join": ["-", ["a", { Ref: "Other" }, 3]] }, "a-ref-Other-3"],
    ["Sub", { "Fn::Sub": "${Other}/${Other.Arn}/${AWS::Region}/${!kept}" }, "ref-Other/arn-Other/eu-west-2/${kept}"],
    ["Sub with variables", { "Fn::Sub": ["${x}", { x: { Ref: "Other" } }] }, "ref-Other"],
    ["Select of Split", { "Fn::Select": [1, { "Fn::Split": [":", "a:b:c"] }] }, "b"],
    ["Base64", { "Fn::Base64": "text" }, "dGV4dA=="],
    ["FindInMap", { "Fn::FindInMap": ["M", "one", "two"] }, 12, { Mappings: { M: { one: { two: 12 } } } }],
    ["GetAZs", { "Fn::GetAZs": "" }, ["eu-west-2a", "eu-west-2b", "eu-west-2c"]],
    ["If, Equals, Not and Condition", [{ "Fn::If": ["Yes", 1, 2] }, { "Fn::If": ["No", 1, 2] }], [1, 2], conditions],
    [
      "And, Or",
      { "Fn::If": ["Both", 1, 2] },
      1,
      {
        Conditions: {
          ...conditions.Conditions,
          Both: { "Fn::And": [{ Condition: "Yes" }, { "Fn::Or": [{ Condition: "No" }, { Condition: "Yes" }] }] },
        },
      },
    ],
    [
      "a loopback address speaks no TLS",
      { "Fn::Join": ["", ["https://", { "Fn::GetAtt": ["Other", "DomainName"] }, "/x"]] },
      "http://127.0.0.1:8080/x",
    ],
  ])("%s", async (_name, value, expected, more) => {
    expect(await resolved(value, more)).toEqual(expected);
  });
});

describe("deploying an assembly", () => {
  it("makes each resource after what it refers to, over stacks", async () => {
    const { made, value } = await run({
      Second: { Resources: { User: thing({ "Fn::ImportValue": "First:Base" }) } },
      First: {
        Resources: { Late: thing(undefined, { DependsOn: ["Base"] }), Base: thing() },
        Outputs: { Base: { Value: { Ref: "Base" }, Export: { Name: "First:Base" } } },
      },
    });
    expect(made.map((resource) => resource.logicalId)).toEqual(["Base", "User", "Late"]);
    expect(value("User")).toBe("ref-Base");
  });

  it("leaves out what a condition leaves out, and gives outputs", async () => {
    const { made, deployed } = await run({
      S: {
        Conditions: { Never: { "Fn::Equals": [1, 2] } },
        Resources: { Kept: thing(), Left: thing(undefined, { Condition: "Never" }) },
        Outputs: { Name: { Value: { Ref: "Kept" } }, None: { Value: { Ref: "Left" }, Condition: "Never" } },
      },
    });
    expect(made.map((resource) => resource.logicalId)).toEqual(["Kept"]);
    expect(deployed.outputs).toEqual({ S: { Name: "ref-Kept" } });
  });

  it("gives the same physical names and ids at every start", async () => {
    const names = async () => {
      const { made } = await run({ S: { Resources: { Kept: thing() } } });
      return [made[0]!.physicalName(), made[0]!.physicalName({ maxLength: 16, lowerCase: true }), made[0]!.stableId(9)];
    };
    const first = await names();
    expect(await names()).toEqual(first);
    expect(first[0]).toMatch(/^S-Kept-[0-9a-f]{8}$/);
    expect(first[1]!.length).toBeLessThanOrEqual(16);
  });

  it.each<[string, Record<string, Template>, string]>([
    [
      "type",
      { S: { Resources: { X: { Type: "AWS::EC2::Instance" } } } },
      "Stack S, resource X (AWS::EC2::Instance): this resource type is not known to the laptop cloud.",
    ],
    [
      "property",
      { S: { Resources: { X: { Type: "Test::Thing", Properties: { Colour: 1 } } } } },
      "Stack S, resource X (Test::Thing): the property Colour is not known to the laptop cloud.",
    ],
    [
      "intrinsic",
      { S: { Resources: { X: thing({ "Fn::Transform": {} }) } } },
      "Stack S, resource X (Test::Thing): the intrinsic Fn::Transform is not known to the laptop cloud.",
    ],
    [
      "attribute",
      { S: { Resources: { O: thing(), X: thing({ "Fn::GetAtt": ["O", "Nothing"] }) } } },
      'Stack S, resource X (Test::Thing): Fn::GetAtt asks O for "Nothing", an attribute that the laptop cloud does not give.',
    ],
    ["name", { S: { Resources: { X: thing({ Ref: "Nobody" }) } } }, 'Ref names "Nobody"'],
    ["export", { S: { Resources: { X: thing({ "Fn::ImportValue": "no:export" }) } } }, "which no stack of the assembly exports"],
    ["dynamic reference", { S: { Resources: { X: thing("{{resolve:ssm:/x}}") } } }, "{{resolve:ssm:/x}} is not known"],
    [
      "AWS call of a custom resource",
      {
        S: {
          Resources: {
            X: { Type: "Custom::Mine", Properties: { InstallLatestAwsSdk: false, Create: '{"service":"EC2","action":"reboot"}' } },
          },
        },
      },
      "the AWS call ec2.reboot of a custom resource is not known",
    ],
    ["circle", { S: { Resources: { A: thing({ Ref: "B" }), B: thing({ Ref: "A" }) } } }, "it depends on itself through S/A → S/B → S/A"],
  ])("stops with a sentence at an unknown %s, before or while making", async (_name, stacks, sentence) => {
    await expect(run(stacks)).rejects.toThrow(sentence);
  });

  it("makes nothing when any type is unknown", async () => {
    const { service, made } = recorder();
    const assembly = loadAssembly(writeAssembly({ S: { Resources: { A: thing(), Z: { Type: "AWS::Unknown::Type" } } } }));
    await expect(deploy(assembly, [service])).rejects.toThrow("AWS::Unknown::Type");
    expect(made).toEqual([]);
  });
});
