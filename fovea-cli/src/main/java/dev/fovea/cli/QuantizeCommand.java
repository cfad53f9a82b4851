package dev.fovea.cli;

import dev.fovea.core.file.OutputFile;
import dev.fovea.core.hub.Sizes;
import dev.fovea.core.model.quantized.Quantization;
import dev.fovea.core.model.quantized.QuantizedFolder;
import dev.fovea.core.weights.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code quantize}: a checkpoint once more, with the language model's layers in few bits.
 *
 * <p>{@code --json} prints {@code folder}, {@code weights}, {@code bytes} and {@code bytes_before}.
 */
@Command(
        name = "quantize",
        description = {
            "Write a checkpoint once more with the language model's layers in eight or four bits.",
            "The folder opens wherever Fovea takes a model; its layout is that of the library compressed-tensors. The vision"
                    + " tower, the connector, the embeddings and the head stay as they are."
        },
        footer = {
            "",
            "@|bold Examples:|@",
            "  fovea quantize llava-hf/llava-1.5-7b-hf --weights int8 --out llava-7b-int8",
            "  fovea quantize models/peek --weights int4:group=32 --out peek-int4",
            ""
        })
final class QuantizeCommand implements Callable<Integer> {
    private final Session session;
    private final Terminal terminal;

    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description = "Folder of a checkpoint in the Hugging Face layout, or ORG/NAME[@REVISION] of one that 'fovea"
                    + " pull' has fetched.")
    String model = "";

    @Option(
            names = "--weights",
            required = true,
            paramLabel = "int8|int4[:group=N]",
            description = "Eight bits, or four in groups of 32 (default), 64 or 128 weights.")
    String weights = "";

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "The folder to write; not there yet.")
    String out = "";

    @Mixin
    JsonOption json;

    QuantizeCommand(Session session) {
        this.session = session;
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        Quantization quantization = quantization();
        Path to = PathArgument.of(out);
        if (Files.exists(to)) {
            throw CommandFailure.usage(to + " is there already; name another folder with --out");
        }
        ModelOption option = new ModelOption();
        option.model = model;
        Path from = option.resolve(session);
        long before = bytes(from);
        long written = write(from, to, quantization, before);
        if (written < 0) {
            terminal.err().println("fovea: stopped; nothing was written");
            return ExitCode.INTERRUPTED;
        }
        report(to, quantization, before, written);
        return ExitCode.OK;
    }

    private Quantization quantization() {
        try {
            return Quantization.parse(weights);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    private static long bytes(Path from) {
        if (!Files.isDirectory(from)) {
            throw CommandFailure.usage(
                    from + " is a file, whose weights may be in few bits already; give the folder of a"
                            + " checkpoint in 16 or 32 bits");
        }
        try (Checkpoint checkpoint = Checkpoint.open(from)) {
            return checkpoint.byteSize();
        }
    }

    private long write(Path from, Path to, Quantization quantization, long before) {
        try (ProgressLine progress = ProgressLine.ofBytes(terminal, "quantize", before, 0)) {
            return QuantizedFolder.write(from, to, quantization, done -> {
                progress.at(done);
                return !session.interruption().requested();
            });
        } catch (IOException e) {
            throw CommandFailure.output(OutputFile.sentence(to, e), e);
        }
    }

    private void report(Path to, Quantization quantization, long before, long written) {
        if (json.json) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("folder", to.toString());
            result.put("weights", quantization.toString());
            result.put("bytes", written);
            result.put("bytes_before", before);
            Json.print(terminal, result);
            return;
        }
        terminal.out()
                .println(to + ": " + quantization + ", " + Sizes.text(written) + " of weights instead of "
                        + Sizes.text(before));
    }
}
