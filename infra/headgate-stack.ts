/** Headgate in its own account: ledger, mail, functions, machines, API, listeners, and the alarms about all of them. */
import { CfnOutput, Stack, type StackProps, Token } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { CodeOf } from "./bundle.ts";
import { FUNCTIONS, type FunctionRow } from "./functions.ts";
import { addRoutes, makeApi } from "./parts/api.ts";
import { makeKey } from "./parts/keeping.ts";
import { makeLambdas } from "./parts/lambdas.ts";
import { makeLedger } from "./parts/ledger.ts";
import { makeListeners } from "./parts/listeners.ts";
import { type Machines, machineArn, makeMachines } from "./parts/machines.ts";
import { makeNotices } from "./parts/notices.ts";
import { makePeoplesPolicies } from "./parts/people.ts";
import { makePolicy } from "./parts/policy.ts";
import type { SesSender } from "./parts/ses.ts";
import { makeWatch } from "./parts/watch.ts";
import { placesOf, type TargetPlace } from "./places.ts";
import type { PolicyFile } from "./policy-file.ts";
import type { ApiSettings } from "./settings.ts";

export interface HeadgateProps extends StackProps {
  /** Name of the deployment; names of all resources start with it. */
  readonly name: string;
  readonly policyFile: PolicyFile;
  readonly codeOf: CodeOf;
  /** Buckets with the releases' zips. */
  readonly artifactBuckets: readonly string[];
  /** What target accounts' roles ask of whoever assumes them. */
  readonly externalId: string;
  /** The role that CloudFormation works as, where it is not that of CDK's bootstrap. */
  readonly deployRoleArn?: string;
  readonly api: ApiSettings;
  /** Who mails come from where SES sends them; null: SNS does. */
  readonly sender: SesSender | null;
  readonly rows?: readonly FunctionRow[];
}

export class HeadgateStack extends Stack {
  constructor(scope: Construct, id: string, props: HeadgateProps) {
    super(scope, id, props);
    const { name, policyFile, codeOf, rows = FUNCTIONS } = props;
    const places = placesOf(policyFile.policy);
    refuseUnreachable(places, this.account);
    const promotionMachineArn = machineArn(name, "promotion");

    const key = makeKey(this, name);
    const ledger = makeLedger(this, name, key);
    const notices = makeNotices(this, name, key, {
      ...policyFile,
      deployRoleArn: props.deployRoleArn,
      sender: props.sender,
    });
    const api = makeApi(this, { name, key, ...props.api });
    const { artifactBuckets, externalId } = props;
    const around = { name, codeOf, ledger, notices, places, artifactBuckets, externalId };
    const lambdas = makeLambdas(this, rows, { ...around, baseUrl: api.baseUrl, promotionMachineArn });
    const machines = makeMachines(this, name, lambdas, key);
    addRoutes(api, lambdas);
    makePeoplesPolicies(this, name, api, ledger);
    const accounts = [...new Set(places.flatMap(({ account, roleArn }) => (roleArn === null ? [] : [account])))];
    const deadLetters = makeListeners(this, { name, rows, lambdas, key, promotionMachineArn, accounts });
    makeWatch(this, { name, rows, lambdas, machines, api: api.rest, notices, deadLetters });
    makePolicy(this, name, codeOf, ledger, policyFile.document);
    this.#tell(machines, api.baseUrl, ledger.table.tableName);
  }

  #tell({ promotion }: Machines, baseUrl: string, tableName: string): void {
    new CfnOutput(this, "PromotionMachineArn", {
      value: promotion.stateMachineArn,
      description: "start promotions here",
    });
    new CfnOutput(this, "ApiUrl", { value: baseUrl, description: "approval pages, and the signed route" });
    new CfnOutput(this, "LedgerTable", { value: tableName, description: "the record" });
  }
}

/** An environment without a role is touched with the functions' own, which end at the account's border. */
function refuseUnreachable(places: readonly TargetPlace[], account: string): void {
  if (Token.isUnresolved(account)) return;
  const beyond = places.filter((place) => place.roleArn === null && place.account !== account);
  if (beyond.length === 0) return;
  const names = beyond.flatMap(({ environments }) => environments).join(", ");
  throw new Error(`${names}: no roleArn in the policy, but another account than Headgate's own (${account})`);
}
