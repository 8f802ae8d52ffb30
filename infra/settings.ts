/** What a deployment is told by context beyond its policy: read once, and refused with what would do. */
import type { OwnDomain } from "./parts/domain.ts";
import { domainIn, type SesSender } from "./parts/ses.ts";
import type { WebAclSetting } from "./parts/web-acl.ts";

/** A setting by its name; an empty text where it is not given. */
export type Setting = (key: string) => string;

export interface ApiSettings {
  readonly domain: OwnDomain | null;
  readonly webAcl: WebAclSetting;
}

const DOMAIN = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;
const CERTIFICATE = /^arn:[a-z-]+:acm:([a-z0-9-]+):\d{12}:certificate\/[\w-]+$/;
const ZONE = /^Z[A-Z0-9]{1,31}$/;
const WEB_ACL = /^arn:[a-z-]+:wafv2:([a-z0-9-]+):\d{12}:regional\/webacl\/[\w-]+\/[\w-]+$/;

/** Throws an Error that names the setting, its value, and what would do. `region` undefined: not known yet. */
export function readApiSettings(setting: Setting, region: string | undefined): ApiSettings {
  return { domain: readDomain(setting, region), webAcl: readWebAcl(setting, region) };
}

function readDomain(setting: Setting, region: string | undefined): OwnDomain | null {
  const [domainName, certificateArn] = [setting("domainName"), setting("certificateArn")];
  const [hostedZoneId, zoneName] = [setting("hostedZoneId"), setting("zoneName")];
  if (domainName === "") {
    const alone = ["certificateArn", "hostedZoneId", "zoneName"].find((key) => setting(key) !== "");
    if (alone !== undefined) throw refused("domainName", "", `is missing, and ${alone} is nothing without it`);
    return null;
  }
  if (!DOMAIN.test(domainName)) throw refused("domainName", domainName, "should be like releases.example.com");
  if (!CERTIFICATE.test(certificateArn)) {
    throw refused("certificateArn", certificateArn, `should be the ARN of a certificate of ACM for ${domainName}`);
  }
  refuseElsewhere("certificateArn", certificateArn, CERTIFICATE, region);
  return { domainName, certificateArn, zone: readZone({ domainName, hostedZoneId, zoneName }) };
}

function readZone(given: {
  readonly domainName: string;
  readonly hostedZoneId: string;
  readonly zoneName: string;
}): OwnDomain["zone"] {
  const { domainName, hostedZoneId, zoneName } = given;
  if (hostedZoneId === "" && zoneName === "") return null;
  if (!ZONE.test(hostedZoneId))
    throw refused("hostedZoneId", hostedZoneId, "should be like Z0123456789ABC, beside zoneName");
  if (domainName !== zoneName && !domainName.endsWith(`.${zoneName}`)) {
    throw refused(
      "zoneName",
      zoneName,
      `should be the zone that ${domainName} is in, such as ${domainName.replace(/^[^.]+\./, "")}`,
    );
  }
  return { hostedZoneId, zoneName };
}

function readWebAcl(setting: Setting, region: string | undefined): WebAclSetting {
  const [wanted, arn] = [setting("webAcl"), setting("webAclArn")];
  if (wanted !== "" && arn !== "")
    throw refused("webAcl", wanted, "and webAclArn exclude each other: a stage has one web ACL");
  if (arn !== "") {
    if (!WEB_ACL.test(arn)) throw refused("webAclArn", arn, "should be the ARN of a regional web ACL of WAFv2");
    refuseElsewhere("webAclArn", arn, WEB_ACL, region);
    return { arn };
  }
  if (wanted === "" || wanted === "off") return null;
  if (wanted !== "on") throw refused("webAcl", wanted, "should be on or off");
  return "on";
}

const ADDRESS = /^[a-z0-9][\w.+-]{0,63}@(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;
const IDENTITY = /^arn:[a-z-]+:ses:([a-z0-9-]+):\d{12}:identity\/(\S+)$/;
const CONFIGURATION_SET = /^[\w-]{1,64}$/;
const OF_SES = ["mailFrom", "sesIdentity", "configurationSet"] as const;

/** Who mails come from where SES sends them; null: SNS does. Throws as `readApiSettings` does. */
export function readSender(setting: Setting, region: string | undefined): SesSender | null {
  const mail = setting("mail");
  if (mail === "" || mail === "sns") {
    const alone = OF_SES.find((key) => setting(key) !== "");
    if (alone !== undefined) throw refused(alone, setting(alone), "is for mail by SES: set mail=ses, too");
    return null;
  }
  if (mail !== "ses") throw refused("mail", mail, "should be sns or ses");
  const [from, configurationSet] = [setting("mailFrom"), setting("configurationSet")];
  if (!ADDRESS.test(from)) throw refused("mailFrom", from, "should be the sender's address, like releases@example.com");
  if (configurationSet !== "" && !CONFIGURATION_SET.test(configurationSet)) {
    throw refused("configurationSet", configurationSet, "should be the name of a configuration set of SES");
  }
  return {
    from,
    identity: readIdentity(setting("sesIdentity"), from, region),
    configurationSet: configurationSet || null,
  };
}

function readIdentity(given: string, from: string, region: string | undefined): SesSender["identity"] {
  if (given === "") return null;
  if (given === "create") return given;
  const [, , name] = IDENTITY.exec(given) ?? [];
  if (name !== from && name !== domainIn(from)) {
    throw refused("sesIdentity", given, `should be create, or the ARN of the identity of ${from} or ${domainIn(from)}`);
  }
  refuseElsewhere("sesIdentity", given, IDENTITY, region);
  return { arn: given };
}

/** What is regional works with what is in its own Region. */
function refuseElsewhere(key: string, arn: string, pattern: RegExp, region: string | undefined): void {
  const where = pattern.exec(arn)?.[1];
  if (region !== undefined && where !== region) throw refused(key, arn, `should be in Headgate's Region, ${region}`);
}

function refused(key: string, value: string, problem: string): Error {
  return new Error(`-c ${key}=${value}: ${value === "" ? "it " : ""}${problem} (hint: docs/deploy.md, "Settings")`);
}
