/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands, one file each. Results go to stdout, diagnostics to stderr. */
#ifndef MIGTRACE_CMD_COMMANDS_H
#define MIGTRACE_CMD_COMMANDS_H

#include "options/options.h"

enum status cmd_record(const struct options *options);
enum status cmd_report(const struct options *options);
enum status cmd_doctor(const struct options *options);
enum status cmd_live(const struct options *options);
enum status cmd_wait(const struct options *options);
enum status cmd_schema(const struct options *options);
enum status cmd_explain(const struct options *options);
enum status cmd_verify(const struct options *options);
enum status cmd_list(const struct options *options);
enum status cmd_last(const struct options *options);
enum status cmd_history(const struct options *options);
enum status cmd_diff(const struct options *options);
enum status cmd_import(const struct options *options);
enum status cmd_export(const struct options *options);
enum status cmd_ship(const struct options *options);
enum status cmd_collect(const struct options *options);
enum status cmd_judge(const struct options *options);

#endif
