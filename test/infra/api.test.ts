/** What stands before the functions that people reach: routes and their limits, failure pages, a domain, a web ACL. */
import type { Template } from "aws-cdk-lib/assertions";
import { AwsSolutionsChecks } from "cdk-nag";
import { beforeAll, describe, expect, test } from "vitest";
import { htmlHeaders } from "../../functions/pages/layout.ts";
import { sha256 } from "../../functions/runtime/dependencies.ts";
import { DOMAIN_TARGET } from "../../infra/parts/domain.ts";
import { ROUTES } from "../../infra/parts/routes.ts";
import { ACCOUNT, type Deployment, deploy, REGION, resourcesOf, SYNTHESIS_MS, written } from "./deployment.ts";

const DOMAIN = "releases.example.com";
const CERTIFICATE = `arn:aws:acm:${REGION}:${ACCOUNT}:certificate/0a1b-2c3d`;
const COMPANYS = `arn:aws:wafv2:${REGION}:${ACCOUNT}:regional/webacl/ours/0a1b`;
let plain: Deployment;
let dressed: Deployment;
/** With a domain whose record is made elsewhere, and the company's web ACL. */
let others: Deployment;
beforeAll(() => {
  plain = deploy();
  dressed = deploy({
    domainName: DOMAIN,
    certificateArn: CERTIFICATE,
    hostedZoneId: "Z0123456789ABC",
    zoneName: "example.com",
    webAcl: "on",
  });
  others = deploy({ domainName: DOMAIN, certificateArn: CERTIFICATE, webAclArn: COMPANYS });
}, 3 * SYNTHESIS_MS);

type Properties = Readonly<Record<string, unknown>>;
const all = (template: Template, type: string) => resourcesOf(template, type).map(([, properties]) => properties);
const only = (template: Template, type: string): Properties => {
  const [one, ...others] = all(template, type);
  expect(others).toEqual([]);
  return one ?? {};
};
const outputs = ({ headgate }: Deployment) => headgate.toJSON().Outputs as Record<string, { Value: unknown }>;

/** Of a resource, its path from the root. */
function pathOf(template: Template, resource: unknown): string {
  const id = String((resource as { Ref?: string }).Ref);
  const found = resourcesOf(template, "AWS::ApiGateway::Resource").find(([logical]) => logical === id);
  return found === undefined ? "" : `${pathOf(template, found[1].ParentId)}/${String(found[1].PathPart)}`;
}

describe("the routes", () => {
  test("are open for the page behind a link, and take signed requests everywhere else", () => {
    const routes = all(plain.headgate, "AWS::ApiGateway::Method").map((method) => {
      return `${method.AuthorizationType} ${method.HttpMethod} ${pathOf(plain.headgate, method.ResourceId)}`;
    });
    expect(routes).toHaveLength(12);
    expect(new Set(routes)).toEqual(
      new Set([
        "NONE GET /approvals/{link}",
        "NONE HEAD /approvals/{link}",
        "AWS_IAM POST /links/rotate",
        "NONE POST /approvals/{link}",
        "AWS_IAM POST /people/revoke",
        "AWS_IAM POST /people/reinstate",
        "AWS_IAM POST /promotions",
        "AWS_IAM GET /promotions",
        "AWS_IAM GET /promotions/{promotionId}",
        "AWS_IAM POST /promotions/{promotionId}/environments/{environment}/approvals/{approval}",
        "AWS_IAM GET /promotions/{promotionId}/signals",
        "AWS_IAM POST /promotions/{promotionId}/signals",
      ]),
    );
  });

  test("have a limit each, so that a flood on one leaves the others theirs", () => {
    const { MethodSettings } = only(plain.headgate, "AWS::ApiGateway::Stage");
    const limits = (MethodSettings as Properties[]).map(
      ({ HttpMethod, ResourcePath, ThrottlingRateLimit, ThrottlingBurstLimit }) => {
        return [
          `${HttpMethod} ${String(ResourcePath).replaceAll("~1", "/").replace("//", "/")}`,
          ThrottlingRateLimit,
          ThrottlingBurstLimit,
        ];
      },
    );
    const own = all(plain.headgate, "AWS::ApiGateway::Method").map((method) => {
      return `${method.HttpMethod} ${pathOf(plain.headgate, method.ResourceId)}`;
    });
    expect(new Set(limits.map(([route]) => route))).toEqual(new Set(["* /*", ...own]));
    for (const [route, rate, burst] of limits) {
      expect(Number(rate), String(route)).toBeGreaterThan(0);
      expect(Number(burst), String(route)).toBeGreaterThanOrEqual(Number(rate));
    }
  });

  test("that are open cannot fill a tenth of the concurrency that an account has at first, at a second a request", () => {
    const open = ROUTES.filter(({ open }) => open).reduce((sum, { rate, burst }) => sum + Math.max(rate, burst), 0);
    expect(open).toBeLessThan(100);
    for (const { ReservedConcurrentExecutions } of all(plain.headgate, "AWS::Lambda::Function")) {
      expect(ReservedConcurrentExecutions).toBeUndefined();
    }
  });

  test("are logged without a path, which would hold an approver's link", () => {
    const stage = only(plain.headgate, "AWS::ApiGateway::Stage");
    const { Format } = stage.AccessLogSetting as { Format: string };
    expect(Object.values(JSON.parse(Format))).toEqual([
      "$context.requestId",
      "$context.requestTime",
      "$context.httpMethod",
      "$context.resourcePath",
      "$context.status",
      "$context.responseLatency",
      "$context.identity.userArn",
      "$context.error.responseType",
    ]);
    expect(stage).toMatchObject({ TracingEnabled: false });
    for (const settings of stage.MethodSettings as Properties[]) {
      expect(settings).toMatchObject({ DataTraceEnabled: false });
      expect(settings).not.toHaveProperty("LoggingLevel");
    }
  });
});

describe("what API Gateway answers by itself", () => {
  const answers = () => all(plain.headgate, "AWS::ApiGateway::GatewayResponse");
  const templatesOf = ({ ResponseTemplates }: Properties) => ResponseTemplates as Record<string, string>;

  test("is in our words for every type: the defaults stand for those that are not named", () => {
    expect(answers().map(({ ResponseType }) => ResponseType)).toEqual([
      "DEFAULT_4XX",
      "DEFAULT_5XX",
      "MISSING_AUTHENTICATION_TOKEN",
      "RESOURCE_NOT_FOUND",
      "REQUEST_TOO_LARGE",
      "THROTTLED",
      "WAF_FILTERED",
      "INTEGRATION_TIMEOUT",
    ]);
    // A status of a default would be that of every type that falls to it.
    for (const answer of answers()) expect(answer).not.toHaveProperty("StatusCode");
  });

  test("has every header that our page has", () => {
    const { "content-type": _form, ...headers } = htmlHeaders(sha256);
    for (const { ResponseType, ResponseParameters } of answers()) {
      const parameters = Object.entries(ResponseParameters as Record<string, string>);
      const sent = parameters.map(([name, value]) => [
        name.replace("gatewayresponse.header.", ""),
        value.replace(/^'|'$/g, ""),
      ]);
      expect(Object.fromEntries(sent), String(ResponseType)).toEqual(headers);
    }
  });

  test("is a page that runs under its own policy, in ASCII, and that API Gateway fills nothing into but a number", () => {
    const [, policy] = /'sha256-([^']+)'/.exec(htmlHeaders(sha256)["content-security-policy"] ?? "") ?? [];
    for (const answer of answers()) {
      const page = templatesOf(answer)["text/html"] ?? "";
      const [, style = ""] = /<style>(.*)<\/style>/s.exec(page) ?? [];
      expect(Buffer.from(sha256(style), "hex").toString("base64")).toBe(policy);
      expect(page).not.toMatch(/<script|<form|\son\w+=|https?:|[^\x20-\x7e\n]/);
      expect(page.match(/\$\S*?(?=<)/g)).toEqual(["$context.requestId"]);
    }
  });

  test("is JSON for a program, with the gateway's own reason", () => {
    for (const answer of answers()) {
      const body = (templatesOf(answer)["application/json"] ?? "").replace(
        "$context.error.messageString",
        '"Forbidden"',
      );
      expect(JSON.parse(body)).toEqual({ message: "Forbidden", requestId: "$context.requestId" });
    }
  });

  test("is in the deployment of the stage: another wording is another deployment", () => {
    const deployments = all(plain.headgate, "AWS::ApiGateway::Deployment");
    expect(deployments).toHaveLength(1);
    const [{ DependsOn = [] } = {}] = Object.values(plain.headgate.findResources("AWS::ApiGateway::Deployment"));
    const ids = resourcesOf(plain.headgate, "AWS::ApiGateway::GatewayResponse").map(([id]) => id);
    expect(DependsOn).toEqual(expect.arrayContaining(ids));
  });
});

describe("a domain of the team's own", () => {
  test("is the address in mails and outputs, and the only one", () => {
    expect(outputs(dressed).ApiUrl?.Value).toBe(`https://${DOMAIN}`);
    const told = all(dressed.headgate, "AWS::Lambda::Function").flatMap(({ Environment }) => {
      const { HEADGATE_BASE_URL } = (Environment as { Variables: Record<string, unknown> }).Variables;
      return HEADGATE_BASE_URL === undefined ? [] : [HEADGATE_BASE_URL];
    });
    expect(new Set(told)).toEqual(new Set([`https://${DOMAIN}`]));
    expect(only(dressed.headgate, "AWS::ApiGateway::RestApi")).toMatchObject({ DisableExecuteApiEndpoint: true });
    expect(only(plain.headgate, "AWS::ApiGateway::RestApi")).not.toHaveProperty("DisableExecuteApiEndpoint");
  });

  test("speaks TLS 1.2 at least, and leads to the stage without a path before it", () => {
    expect(only(dressed.headgate, "AWS::ApiGateway::DomainName")).toMatchObject({
      DomainName: DOMAIN,
      SecurityPolicy: "TLS_1_2",
      EndpointConfiguration: { Types: ["REGIONAL"] },
    });
    expect(only(dressed.headgate, "AWS::ApiGateway::BasePathMapping")).not.toHaveProperty("BasePath");
  });

  test("has its record where the zone is given, and an output for whoever makes it where not", () => {
    expect(only(dressed.headgate, "AWS::Route53::RecordSet")).toMatchObject({ Name: `${DOMAIN}.`, Type: "A" });
    expect(outputs(dressed)).not.toHaveProperty(DOMAIN_TARGET);
    expect(all(others.headgate, "AWS::Route53::RecordSet")).toEqual([]);
    expect(outputs(others)[DOMAIN_TARGET]?.Value).toEqual({ "Fn::GetAtt": [expect.any(String), "RegionalDomainName"] });
  });
});

describe("a web ACL", () => {
  test("is there only if it is asked for", () => {
    for (const type of ["AWS::WAFv2::WebACL", "AWS::WAFv2::WebACLAssociation", "AWS::WAFv2::LoggingConfiguration"]) {
      expect(all(plain.headgate, type), type).toEqual([]);
    }
  });

  test("turns away an address that asks too often, on the pages before anywhere else", () => {
    const { Rules, Scope, DefaultAction } = only(dressed.headgate, "AWS::WAFv2::WebACL");
    expect({ Scope, DefaultAction }).toEqual({ Scope: "REGIONAL", DefaultAction: { Allow: {} } });
    const rules = (Rules as Properties[]).map(
      ({ Statement }) => (Statement as { RateBasedStatement: Properties }).RateBasedStatement,
    );
    expect(rules.map(({ Limit }) => Limit)).toEqual([1_000, 3_000]);
    const scope = rules[0]?.ScopeDownStatement as { RegexMatchStatement: { RegexString: string } };
    const pages = new RegExp(scope.RegexMatchStatement.RegexString);
    expect(["/v1/approvals/abc", "/approvals/abc"].filter((path) => pages.test(path))).toHaveLength(2);
    expect(pages.test("/v1/promotions/p/environments/prod/approvals/before")).toBe(false);
  });

  test("keeps no path, in its log or in samples", () => {
    const { RedactedFields, LogDestinationConfigs } = only(dressed.headgate, "AWS::WAFv2::LoggingConfiguration");
    expect(RedactedFields).toEqual(
      expect.arrayContaining([{ UriPath: {} }, { QueryString: {} }, { SingleHeader: { Name: "authorization" } }]),
    );
    expect((LogDestinationConfigs as unknown[]).map((arn) => written(dressed.headgate, arn))).toEqual([
      `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:aws-waf-logs-headgate`,
    ]);
    const text = JSON.stringify(only(dressed.headgate, "AWS::WAFv2::WebACL"));
    expect(text).not.toContain('"SampledRequestsEnabled":true');
  });

  test("of the company's own is put before the stage by its ARN", () => {
    expect(all(others.headgate, "AWS::WAFv2::WebACL")).toEqual([]);
    expect(only(others.headgate, "AWS::WAFv2::WebACLAssociation")).toMatchObject({ WebACLArn: COMPANYS });
  });
});

test("cdk-nag finds nothing that is not explained in a deployment with all of it", () => {
  const { violations } = new AwsSolutionsChecks(dressed.app).validateScope(dressed.app);
  expect(violations.map(({ ruleName }) => ruleName)).toEqual([]);
});
