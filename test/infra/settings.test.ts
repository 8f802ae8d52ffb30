import { describe, expect, test } from "vitest";
import { readApiSettings, readSender } from "../../infra/settings.ts";

const read = (given: Readonly<Record<string, string>>, region: string | undefined = "af-south-1") =>
  readApiSettings((key) => given[key] ?? "", region);

const CERTIFICATE = "arn:aws:acm:af-south-1:111122223333:certificate/0a1b-2c3d";
const DOMAIN = { domainName: "releases.example.com", certificateArn: CERTIFICATE };
const ACL = "arn:aws:wafv2:af-south-1:111122223333:regional/webacl/ours/0a1b-2c3d";

describe("settings of the API", () => {
  test("are none, unless something is given", () => {
    expect(read({})).toEqual({ domain: null, webAcl: null });
    expect(read({ webAcl: "off" })).toEqual({ domain: null, webAcl: null });
  });

  test("are a domain with its certificate, and a zone where the record is to be made", () => {
    expect(read(DOMAIN).domain).toEqual({ ...DOMAIN, zone: null });
    const zone = { hostedZoneId: "Z0123456789ABC", zoneName: "example.com" };
    expect(read({ ...DOMAIN, ...zone }).domain?.zone).toEqual(zone);
  });

  test("are a web ACL of ours, or one that is there", () => {
    expect(read({ webAcl: "on" }).webAcl).toBe("on");
    expect(read({ webAclArn: ACL }).webAcl).toEqual({ arn: ACL });
  });

  test.each<[string, Record<string, string>, string]>([
    [
      "a domain that is none",
      { ...DOMAIN, domainName: "https://releases" },
      "-c domainName=https://releases: should be like releases.example.com",
    ],
    [
      "a domain without a certificate",
      { domainName: "releases.example.com" },
      "-c certificateArn=: it should be the ARN of a certificate",
    ],
    [
      "a certificate without a domain",
      { certificateArn: CERTIFICATE },
      "-c domainName=: it is missing, and certificateArn is nothing without it",
    ],
    [
      "a certificate of another Region",
      { ...DOMAIN, certificateArn: CERTIFICATE.replace("af-south-1", "us-east-1") },
      "should be in Headgate's Region, af-south-1",
    ],
    ["a zone without its id", { ...DOMAIN, zoneName: "example.com" }, "-c hostedZoneId=: it should be like"],
    [
      "a zone that the domain is not in",
      { ...DOMAIN, hostedZoneId: "Z012", zoneName: "ample.com" },
      "should be the zone that releases.example.com is in, such as example.com",
    ],
    [
      "a web ACL for CloudFront",
      { webAclArn: ACL.replace("regional", "global") },
      "should be the ARN of a regional web ACL",
    ],
    [
      "a web ACL of another Region",
      { webAclArn: ACL.replace("af-south-1", "eu-west-1") },
      "should be in Headgate's Region",
    ],
    ["two web ACLs", { webAcl: "on", webAclArn: ACL }, "exclude each other"],
    ["a switch that is neither", { webAcl: "yes" }, "-c webAcl=yes: should be on or off"],
  ])("refuse %s, and say what would do", (_what, given, message) => {
    expect(() => read(given)).toThrow(message);
  });

  test("are not held to a Region that nobody knows yet", () => {
    expect(read({ webAclArn: ACL }, undefined).webAcl).toEqual({ arn: ACL });
  });
});

describe("the sender of mails", () => {
  const sender = (given: Readonly<Record<string, string>>) => readSender((key) => given[key] ?? "", "af-south-1");
  const FROM = "releases@example.com";
  const SES = { mail: "ses", mailFrom: FROM };
  const IDENTITY = "arn:aws:ses:af-south-1:444455556666:identity/example.com";

  test("is SNS, unless SES is asked for", () => {
    expect([sender({}), sender({ mail: "sns" })]).toEqual([null, null]);
  });

  test("is an address, of an identity that is there, that another account has, or that is made", () => {
    expect(sender(SES)).toEqual({ from: FROM, identity: null, configurationSet: null });
    expect(sender({ ...SES, sesIdentity: IDENTITY })?.identity).toEqual({ arn: IDENTITY });
    expect(sender({ ...SES, sesIdentity: "create", configurationSet: "plain" })).toEqual({
      from: FROM,
      identity: "create",
      configurationSet: "plain",
    });
  });

  test.each<[string, Record<string, string>, string]>([
    ["a service that is neither", { mail: "smtp" }, "-c mail=smtp: should be sns or ses"],
    ["no address", { mail: "ses" }, "-c mailFrom=: it should be the sender's address, like releases@example.com"],
    ["a name beside the address", { ...SES, mailFrom: `Team <${FROM}>` }, "should be the sender's address"],
    ["a sender for SNS", { mailFrom: FROM }, `-c mailFrom=${FROM}: is for mail by SES: set mail=ses, too`],
    [
      "an identity of another domain",
      { ...SES, sesIdentity: IDENTITY.replace("example", "elsewhere") },
      `of ${FROM} or example.com`,
    ],
    [
      "an identity in another Region",
      { ...SES, sesIdentity: IDENTITY.replace("af-south-1", "eu-west-1") },
      "should be in Headgate's Region",
    ],
    [
      "a configuration set that is none",
      { ...SES, configurationSet: "a b" },
      "should be the name of a configuration set",
    ],
  ])("refuses %s, and says what would do", (_what, given, message) => {
    expect(() => sender(given)).toThrow(message);
  });
});
