/** Two accounts, made up, in which every notification reaches somebody: what the walk is shown with one link missing. */
import type { Resource } from "./placed-template.ts";

export const HOME = { account: "111122223333", region: "eu-west-1" };
export const AWAY = { account: "444455556666", region: "eu-west-1" };
export const RULE = "arn:aws:events:eu-west-1:111122223333:rule/listen";
const BUS = "arn:aws:events:eu-west-1:111122223333:event-bus/default";
export const PATTERN = { source: ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"] };

export type Properties = Record<string, unknown>;
export const one = (Type: string, Properties: Properties): Resource => ({ Type, Properties });
const letting = (service: string, Action: string, more: Properties = {}): Properties => ({
  Effect: "Allow",
  Principal: { Service: service },
  Action,
  Resource: "*",
  ...more,
});
export const role = (service: string): Resource =>
  one("AWS::IAM::Role", {
    AssumeRolePolicyDocument: { Statement: letting(service, "sts:AssumeRole", { Resource: undefined }) },
  });
const policyOf = (Roles: string, Action: readonly string[], Resource: unknown): Resource =>
  one("AWS::IAM::Policy", {
    Roles: [{ Ref: Roles }],
    PolicyDocument: { Statement: [{ Effect: "Allow", Action, Resource }] },
  });

/** Two accounts in which every notification reaches somebody. */
export const whole = () => ({
  home: {
    Key: one("AWS::KMS::Key", {
      KeyPolicy: {
        Statement: [
          { Effect: "Allow", Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: "kms:*", Resource: "*" },
          letting("cloudwatch.amazonaws.com", "kms:*", {
            Condition: { StringEquals: { "aws:SourceAccount": HOME.account } },
          }),
          letting("events.amazonaws.com", "kms:*"),
        ],
      },
    }),
    Topic: one("AWS::SNS::Topic", { TopicName: "alarms", KmsMasterKeyId: { "Fn::GetAtt": ["Key", "Arn"] } }),
    TopicPolicy: one("AWS::SNS::TopicPolicy", {
      Topics: [{ Ref: "Topic" }],
      PolicyDocument: {
        Statement: [
          letting("cloudwatch.amazonaws.com", "sns:Publish", {
            Condition: { ArnLike: { "aws:SourceArn": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:ours-*" } },
          }),
        ],
      },
    }),
    OnCall: one("AWS::SNS::Subscription", { TopicArn: { Ref: "Topic" }, Protocol: "email", Endpoint: "a@b.example" }),
    Alarm: one("AWS::CloudWatch::Alarm", {
      AlarmName: "ours-letters",
      AlarmActions: [{ Ref: "Topic" }],
      MetricName: "ApproximateNumberOfMessagesVisible",
      Dimensions: [{ Name: "QueueName", Value: "letters" }],
    }),
    Queue: one("AWS::SQS::Queue", { QueueName: "letters", KmsMasterKeyId: { "Fn::GetAtt": ["Key", "Arn"] } }),
    QueuePolicy: one("AWS::SQS::QueuePolicy", {
      Queues: [{ Ref: "Queue" }],
      PolicyDocument: {
        Statement: [
          letting("events.amazonaws.com", "sqs:SendMessage", { Condition: { ArnEquals: { "aws:SourceArn": RULE } } }),
        ],
      },
    }),
    Rule: one("AWS::Events::Rule", {
      Name: "listen",
      EventPattern: PATTERN,
      Targets: [
        { Arn: { "Fn::GetAtt": ["Listener", "Arn"] }, DeadLetterConfig: { Arn: { "Fn::GetAtt": ["Queue", "Arn"] } } },
      ],
    }),
    Listener: one("AWS::Lambda::Function", {
      FunctionName: "listener",
      Role: { "Fn::GetAtt": ["ListenerRole", "Arn"] },
    }),
    ListenerRole: role("lambda.amazonaws.com"),
    ListenerPolicy: policyOf("ListenerRole", ["sqs:SendMessage", "kms:Decrypt", "kms:GenerateDataKey"], "*"),
    Permission: one("AWS::Lambda::Permission", {
      FunctionName: { Ref: "Listener" },
      Action: "lambda:InvokeFunction",
      Principal: "events.amazonaws.com",
      SourceArn: RULE,
    }),
    Patience: one("AWS::Lambda::EventInvokeConfig", {
      FunctionName: { Ref: "Listener" },
      DestinationConfig: { OnFailure: { Destination: { "Fn::GetAtt": ["Queue", "Arn"] } } },
    }),
    BusPolicy: one("AWS::Events::EventBusPolicy", {
      Statement: {
        Effect: "Allow",
        Principal: { AWS: "arn:aws:iam::444455556666:root" },
        Action: "events:PutEvents",
        Resource: BUS,
        Condition: { StringEquals: { "events:source": "aws.cloudwatch" } },
      },
    }),
  } as Record<string, Resource>,
  away: {
    Forward: one("AWS::Events::Rule", {
      Name: "forward",
      EventPattern: PATTERN,
      Targets: [{ Arn: BUS, RoleArn: { "Fn::GetAtt": ["ForwardRole", "Arn"] } }],
    }),
    ForwardRole: role("events.amazonaws.com"),
    ForwardPolicy: policyOf("ForwardRole", ["events:PutEvents"], BUS),
  } as Record<string, Resource>,
});
export type Templates = ReturnType<typeof whole>;
