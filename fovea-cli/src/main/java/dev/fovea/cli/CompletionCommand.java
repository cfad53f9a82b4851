package dev.fovea.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code completion}: a script that completes commands and options in bash and zsh. */
@Command(
        name = "completion",
        description = "Print a script that completes commands and options in bash and zsh.",
        footer = {
            "",
            "@|bold Examples:|@",
            "  source <(./fovea completion)                 for this shell",
            "  ./fovea completion > ~/.local/share/bash-completion/completions/fovea",
            ""
        })
final class CompletionCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Spec
    CommandSpec spec;

    CompletionCommand(Session session) {
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        terminal.out().print(AutoComplete.bash("fovea", spec.root().commandLine()));
        return ExitCode.OK;
    }
}
