import type { CreatedResource, TemplateResource } from "../service.ts";

interface InertType {
  /** Why leaving it out changes nothing that a laptop could notice. */
  readonly reason: string;
  readonly create?: (resource: TemplateResource, place: { region: string; accountId: string }) => CreatedResource;
}

/** Resource types that are accepted and have no effect on a laptop. A type that is in no service and not here stops the start. */
export const inertTypes: Readonly<Record<string, InertType>> = {
  "AWS::CDK::Metadata": { reason: "describes the app to AWS" },
  "AWS::CloudWatch::Alarm": { reason: "nobody is paged by a laptop", create: named("cloudwatch", (name) => `alarm:${name}`, "AlarmName") },
  "AWS::CloudWatch::AnomalyDetector": { reason: "metrics are not evaluated on a laptop" },
  "AWS::CloudWatch::CompositeAlarm": {
    reason: "nobody is paged by a laptop",
    create: named("cloudwatch", (name) => `alarm:${name}`, "AlarmName"),
  },
  "AWS::CloudWatch::Dashboard": { reason: "metrics are not drawn on a laptop" },
  "AWS::CloudWatch::InsightRule": { reason: "logs are files on a laptop" },
  "AWS::Logs::LogGroup": {
    reason: "function logs are files under the data folder",
    create: named("logs", (name) => `log-group:${name}:*`, "LogGroupName"),
  },
  "AWS::Logs::LogStream": { reason: "function logs are files under the data folder" },
  "AWS::Logs::MetricFilter": { reason: "metrics are not evaluated on a laptop" },
  "AWS::Logs::QueryDefinition": { reason: "logs are files on a laptop" },
  "AWS::Logs::ResourcePolicy": { reason: "logs are files on a laptop" },
  "AWS::Logs::SubscriptionFilter": { reason: "logs are files on a laptop" },
  "Custom::LogRetention": { reason: "log files are kept until the data folder is removed", create: logRetention },
  "Custom::S3AutoDeleteObjects": { reason: "a laptop's stacks are never deleted, only their data folder" },
  "AWS::XRay::Group": { reason: "traces are not collected on a laptop" },
  "AWS::XRay::SamplingRule": { reason: "traces are not collected on a laptop" },
  "AWS::Route53::HostedZone": { reason: "a laptop serves no DNS", create: hostedZone },
  "AWS::Route53::RecordSet": { reason: "a laptop serves no DNS" },
  "AWS::Route53::RecordSetGroup": { reason: "a laptop serves no DNS" },
  "AWS::Route53::HealthCheck": {
    reason: "a laptop serves no DNS",
    create: (resource) => ({ ref: resource.stableId(36), attributes: { HealthCheckId: resource.stableId(36) } }),
  },
  "AWS::CertificateManager::Certificate": { reason: "loopback speaks no TLS", create: certificate },
  "AWS::WAFv2::WebACL": { reason: "loopback faces no internet", create: named("wafv2", (name) => `global/webacl/${name}`, "Name") },
  "AWS::WAFv2::WebACLAssociation": { reason: "loopback faces no internet" },
  "AWS::WAFv2::LoggingConfiguration": { reason: "loopback faces no internet" },
  "AWS::Backup::BackupVault": { reason: "a laptop's data folder is not backed up", create: backupVault },
  "AWS::Backup::BackupPlan": { reason: "a laptop's data folder is not backed up" },
  "AWS::Backup::BackupSelection": { reason: "a laptop's data folder is not backed up" },
  "AWS::CloudTrail::Trail": { reason: "the gateway's own log shows every call" },
  "AWS::Budgets::Budget": { reason: "a laptop costs nothing by the hour" },
  "AWS::ApplicationAutoScaling::ScalableTarget": { reason: "capacity is not metered on a laptop" },
  "AWS::ApplicationAutoScaling::ScalingPolicy": { reason: "capacity is not metered on a laptop" },
  "AWS::ApiGateway::Account": { reason: "access logs go to the service's own log" },
  "AWS::Lambda::LayerVersion": {
    reason: "only the handlers of CDK's own custom resources use layers, and those are done natively",
    create: layer,
  },
};

function named(service: string, path: (name: string) => string, nameProperty: string): InertType["create"] {
  return (resource, { region, accountId }) => {
    const name = String(resource.properties[nameProperty] ?? resource.physicalName({ maxLength: 255 }));
    return { ref: name, attributes: { Arn: `arn:aws:${service}:${region}:${accountId}:${path(name)}`, Id: name, Name: name } };
  };
}

function logRetention(resource: TemplateResource, place: { region: string; accountId: string }): CreatedResource {
  const name = String(resource.properties.LogGroupName);
  return {
    ref: name,
    attributes: { LogGroupName: name, LogGroupArn: `arn:aws:logs:${place.region}:${place.accountId}:log-group:${name}:*` },
  };
}

function hostedZone(resource: TemplateResource): CreatedResource {
  return {
    ref: resource.stableId(20, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
    attributes: { Id: resource.stableId(20), NameServers: "ns.example" },
  };
}

function certificate(resource: TemplateResource, place: { region: string; accountId: string }): CreatedResource {
  return { ref: `arn:aws:acm:${place.region}:${place.accountId}:certificate/${resource.stableId(36)}`, attributes: {} };
}

function backupVault(resource: TemplateResource, place: { region: string; accountId: string }): CreatedResource {
  const name = String(resource.properties.BackupVaultName ?? resource.physicalName({ maxLength: 50 }));
  const arn = `arn:aws:backup:${place.region}:${place.accountId}:backup-vault:${name}`;
  return { ref: name, attributes: { BackupVaultArn: arn, BackupVaultName: name } };
}

function layer(resource: TemplateResource, place: { region: string; accountId: string }): CreatedResource {
  const arn = `arn:aws:lambda:${place.region}:${place.accountId}:layer:${resource.physicalName()}:1`;
  return { ref: arn, attributes: { LayerVersionArn: arn } };
}
