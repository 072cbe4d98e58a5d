/* SPDX-License-Identifier: MIT */
#ifndef EV_RULES_EVENTBRIDGE_H
#define EV_RULES_EVENTBRIDGE_H

#include "base/buf.h"

/*
 * EventBridge's rules, as its API exports them, as a rules file. text: one or several JSON texts,
 *one after the other, each of them
 *
 *	{"Rules":[{"Name":…,"EventPattern":"…",…}, …]}   list-rules
 *	{"Name":…,"EventPattern":"…","State":…}          describe-rule
 *	{"Targets":[{"Id":…,"Arn":…}, …]}                list-targets-by-rule: of the rule before
 *it, or of the one that a member "Rule" names
 *	{"Resources":{NAME:{"Type":"AWS::Events::Rule","Properties":{…}}}}    CloudFormation
 *
 * or an array of them; a rule may hold its Targets itself. Patterns, inputs and templates keep
 *their text. An ARN becomes an address by its resource alone: what precedes the first `:` or `/` in
 *it (the kind) goes, every run of other bytes than letters, digits, `.` and `_` becomes one `-`:
 *
 *	arn:aws:sqs:eu-west-1:1:orders              stream:orders
 *	arn:aws:lambda:eu-west-1:1:function:bill:7  stream:bill-7
 *	arn:aws:logs:eu-west-1:1:log-group:/aws/x:* stream:aws-x
 *
 * Appends the rules file, pretty-printed, to out. warn (may be NULL) is told what was changed, left
 * out or may collide. EV_USAGE: no rules in it, or what cannot be a rule; line and column in text.
 */
enum ev_code ev_rules_from_eventbridge(struct ev_slice text, struct ev_buf *out,
    void (*warn)(void *arg, const struct ev_err *why), void *arg, struct ev_err *e) EV_MUST;

#endif
