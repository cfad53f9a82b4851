package dev.fovea.cli;

import dev.fovea.core.hub.FileChoice;
import dev.fovea.core.hub.HubCache;
import dev.fovea.core.hub.HubName;
import dev.fovea.core.hub.HubSettings;
import dev.fovea.core.hub.Pull;
import dev.fovea.core.hub.PullListener;
import dev.fovea.core.hub.Sizes;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code pull}: fetches a model from the Hugging Face Hub into the cache that its Python tools use too.
 *
 * <p>{@code --json} prints {@code model}, {@code folder}, {@code files}, {@code bytes} and {@code fetched} (bytes that
 * were not here before).
 */
@Command(
        name = "pull",
        description = {
            "Fetch a model from the Hugging Face Hub into the cache that Python tools and llama.cpp share.",
            "Only safetensors and GGUF weights, JSON, tokenizer and template files are fetched; never pickles or code."
                    + " What was cut goes on where it stopped. HF_HOME, HF_TOKEN and HF_ENDPOINT mean what they mean there."
        },
        footer = {
            "",
            "@|bold Examples:|@",
            "  fovea pull llava-hf/llava-1.5-7b-hf",
            "  fovea pull ggml-org/SmolVLM-256M-Instruct-GGUF --file '*Q8_0.gguf'",
            ""
        })
final class PullCommand implements Callable<Integer> {
    private final Session session;
    private final Terminal terminal;

    @Parameters(
            index = "0",
            paramLabel = "ORG/NAME[@REVISION]",
            description = "The model; a branch, tag or commit may follow.")
    String model;

    @Option(
            names = "--file",
            paramLabel = "GLOB",
            description = "Weights to fetch, where a repository holds several forms of them; may be repeated.")
    List<String> files = List.of();

    @Mixin
    JsonOption json;

    PullCommand(Session session) {
        this.session = session;
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        HubName name = HubName.parse(model);
        HubCache cache = HubCache.of(session.environment());
        try (Progress progress = new Progress(terminal)) {
            Path folder =
                    new Pull(cache, HubSettings.of(session.environment()), progress).fetch(name, new FileChoice(files));
            progress.close();
            report(name, folder, progress);
        }
        return ExitCode.OK;
    }

    private void report(HubName name, Path folder, Progress progress) {
        if (json.json) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("model", name.toString());
            result.put("folder", folder.toString());
            result.put("files", progress.files);
            result.put("bytes", progress.bytes);
            result.put("fetched", progress.bytes - progress.before);
            Json.print(terminal, result);
            return;
        }
        long fetched = progress.bytes - progress.before;
        terminal.out()
                .println(name + (fetched == 0 ? " was here already" : " is here now") + ": " + progress.files
                        + " files, "
                        + Sizes.text(progress.bytes)
                        + (fetched == 0 ? "" : ", " + Sizes.text(fetched) + " of them fetched")
                        + ", in " + folder);
    }

    /** Says on a terminal how far it is, and in one line each what is waited out. */
    private static final class Progress implements PullListener, AutoCloseable {
        private final Terminal terminal;
        private @Nullable ProgressLine line;
        private long done;
        private long before;
        private long bytes;
        private int files;

        Progress(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public void waiting() {
            terminal.err().println("fovea: another pull is fetching this model; waiting for it");
        }

        @Override
        public void begins(int files, long bytes, long present) {
            this.files = files;
            this.bytes = bytes;
            this.before = present;
            this.done = present;
            line = ProgressLine.ofBytes(terminal, "pull", bytes, present);
        }

        @Override
        public void fetched(long more) {
            done += more;
            if (line != null) {
                line.at(done);
            }
        }

        @Override
        public void retries(String why, long seconds) {
            if (seconds >= 5) {
                terminal.err().println("fovea: " + why + "; trying again in " + seconds + " s");
            }
        }

        @Override
        public void close() {
            if (line != null) {
                line.close();
                line = null;
            }
        }
    }
}
