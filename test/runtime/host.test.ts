import { createServer, type Server } from "node:http";
import { afterEach, describe, expect, test, vi } from "vitest";
import { fetchPage } from "../../functions/runtime/fetch-page.ts";
import { awsHost, keep } from "../../functions/runtime/host.ts";

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  vi.unstubAllEnvs();
});

async function serve(
  answer: (path: string, body: string) => { status: number; body: string; location?: string } | null,
) {
  const made = createServer((request, response) => {
    let body = "";
    request.on("data", (piece: Buffer) => (body += piece.toString()));
    request.on("end", () => {
      const given = answer(request.url ?? "", body);
      if (given === null) return;
      response
        .writeHead(given.status, given.location === undefined ? {} : { location: given.location })
        .end(given.body);
    });
  });
  server = made;
  await new Promise<void>((listening) => made.listen(0, "127.0.0.1", listening));
  const address = made.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

const ASSUMED = `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>AKIDTARGET</AccessKeyId>
<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>`;

describe("a place with a role", () => {
  test.each([
    ["write", ""],
    [undefined, "-read"],
  ])(
    "is reached as that role with access %s, in a session called headgate, with the external id",
    async (access, end) => {
      let form = new URLSearchParams();
      const endpoint = await serve((_, body) => {
        form = new URLSearchParams(body);
        return { status: 200, body: ASSUMED };
      });
      vi.stubEnv("AWS_ENDPOINT_URL_STS", endpoint);
      vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDOWN");
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
      const roleArn = "arn:aws:iam::111122223333:role/headgate-target";
      const host = awsHost({ AWS_REGION: "af-south-1", HEADGATE_EXTERNAL_ID: "external-1", HEADGATE_ACCESS: access });

      const { region, credentials } = host.clientConfig({ account: "111122223333", region: "eu-west-1", roleArn });

      expect(region).toBe("eu-west-1");
      expect(typeof credentials === "function" && (await credentials())).toMatchObject({ accessKeyId: "AKIDTARGET" });
      expect(Object.fromEntries(form)).toMatchObject({
        Action: "AssumeRole",
        RoleArn: `${roleArn}${end}`,
        RoleSessionName: "headgate",
        ExternalId: "external-1",
      });
    },
  );
});

test("the control plane, and a place without a role, are reached as the function itself", () => {
  const host = awsHost({ AWS_REGION: "af-south-1" });

  const here = host.clientConfig(null);
  const there = host.clientConfig({ account: "1", region: "eu-west-1", roleArn: null });

  expect([here.region, there.region]).toEqual(["af-south-1", "eu-west-1"]);
  expect([here.credentials, there.credentials]).toEqual([undefined, undefined]);
});

test("ids are random hex of the length asked for", () => {
  const { entropy } = awsHost({});

  expect(entropy.id(16)).toMatch(/^[0-9a-f]{32}$/);
  expect(entropy.id(16)).not.toBe(entropy.id(16));
});

test("without a trace to add to, nothing is traced", () => {
  expect(awsHost({}).tracer).toBeUndefined();
});

test("what is kept is made once for each host", () => {
  const [one, other] = [{ kept: new Map() }, { kept: new Map() }];
  let made = 0;
  const make = () => (made += 1);

  expect([keep(one, "a", make), keep(one, "a", make), keep(one, "b", make), keep(other, "a", make)]).toEqual([
    1, 1, 2, 3,
  ]);
});

describe("a page over the network", () => {
  test("is given with its status and text", async () => {
    const url = await serve(() => ({ status: 503, body: "grün" }));

    expect(await fetchPage(url, 2_000)).toEqual({ status: 503, body: "grün" });
  });

  test("that redirects is not followed", async () => {
    const url = await serve((path) =>
      path === "/" ? { status: 302, body: "", location: "/elsewhere" } : { status: 200, body: "elsewhere" },
    );

    expect(await fetchPage(`${url}/`, 2_000)).toMatchObject({ status: 302 });
  });

  test("that does not answer in time is given up", async () => {
    const url = await serve(() => null);

    await expect(fetchPage(url, 100)).rejects.toThrow("timeout");
  });

  test("that is endless is read as far as a check needs", async () => {
    const url = await serve(() => ({ status: 200, body: "x".repeat(2_000_000) }));

    expect((await fetchPage(url, 5_000)).body.length).toBeLessThan(500_000);
  });
});
