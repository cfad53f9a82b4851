package dev.fovea.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code steer}: vectors that are added to hidden states, fitted once and kept in a file. */
@Command(
        name = "steer",
        description = {
            "Fit steering vectors to preferred answers, and see what they do where a model's prior is wrong.",
            "A vector file belongs to one model and one technique, and is named with --technique ID:vector=FILE."
        },
        subcommands = {SteerFitCommand.class, SteerCompareCommand.class},
        footer = {
            "",
            "@|bold Examples:|@",
            "  fovea steer fit grains --out grains.safetensors",
            "  fovea steer compare --technique grains:vector=grains.safetensors",
            "  fovea ask scene.png \"Is there a star?\" --technique grains:vector=grains.safetensors",
            ""
        })
final class SteerCommand implements Runnable {
    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "Name what to do: " + String.join(", ", spec.subcommands().keySet()));
    }
}
