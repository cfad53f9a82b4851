package dev.fovea.cli;

import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.Conversation;
import dev.fovea.core.OpenOptions;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.generate.FinishReason;
import dev.fovea.core.generate.GenerationListener;
import dev.fovea.core.generate.GenerationOptions;
import dev.fovea.core.generate.ThoughtMap;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.overlay.Overlay;
import dev.fovea.core.tensor.Natives;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code ask}: a question about pictures, a video or nothing but words, or a conversation. {@link AskReport} describes
 * {@code --json}.
 */
@Command(
        name = "ask",
        description = {
            "Ask about pictures, pages of PDF documents, the frames of a video, or nothing but words. Without a question"
                    + " a prompt opens that keeps the conversation; /help there lists what it knows.",
            "The answer is followed by the visual tokens that were spent and what it cost."
        },
        footer = {
            "",
            "@|bold Examples:|@",
            "  fovea ask docs/images/scene.png \"What is written on the sign?\"",
            "  fovea ask scene.png \"Where is the star?\" --technique hiprune --budget 64 --overlay kept.png",
            "  fovea ask cat.jpg dog.jpg \"Which is larger?\" --model ~/models/llava-1.5-7b-hf --stream",
            "  fovea ask scene.png \"Describe the picture.\" --speculate flash",
            "  fovea ask report.pdf \"What is the total?\" --pages 1,3-5 --model ~/models/Qwen3-VL-2B-Instruct",
            "  fovea ask frame-*.png \"What happens?\" --fps 2 --model ~/models/Qwen3-VL-2B-Instruct",
            "  fovea ask \"What is the capital of France?\" --model ~/models/SmolLM2-135M-Instruct",
            ""
        })
final class AskCommand implements Callable<Integer> {
    private final Session session;
    private final Terminal terminal;

    @Parameters(
            arity = "0..*",
            paramLabel = "[PICTURE...] [QUESTION]",
            hideParamSyntax = true,
            description = "Picture files (PNG, JPEG, WebP, GIF, BMP, TIFF) and PDF documents, then the question.")
    List<String> arguments = new ArrayList<>();

    @Option(
            names = {"-q", "--question"},
            paramLabel = "TEXT",
            description = "The question, where it could be taken for a file.")
    @Nullable
    String question;

    @Option(
            names = "--fps",
            paramLabel = "N",
            description = "Take the pictures as the frames of one video, N of them a second.")
    @Nullable
    Double fps;

    @Mixin
    DocumentOptions documents;

    @Mixin
    ModelOption model;

    @Mixin
    PrecisionOption precision;

    @Mixin
    SpendingOptions spending;

    @Mixin
    SpeculateOption guessing;

    @Option(
            names = "--overlay",
            paramLabel = "PNG",
            description = "Write the picture with its kept patches bright, dropped ones dim and merged ones outlined;"
                    + " with several pictures one file each, numbered.")
    @Nullable
    Path overlay;

    @Option(names = "--heat", description = "With --overlay: show the technique's scores as a heat map.")
    boolean heat;

    @Option(
            names = "--record",
            paramLabel = "FILE",
            description = "Write every signal, decision and the ledger as safetensors, named by station and layer.")
    @Nullable
    Path record;

    @Option(
            names = "--thought",
            description = "Say what the model thought before it answered, where a technique has it think.")
    boolean thought;

    @Option(
            names = "--thought-maps",
            paramLabel = "PNG",
            description =
                    "Write the picture and, beside it, what the thought holds: masks, nearness and edges, as far as the"
                            + " technique can draw them. One picture, and the technique named with --technique.")
    @Nullable
    Path thoughtMaps;

    @Option(
            names = "--chat-template",
            paramLabel = "FILE|NAME",
            description = "The chat template to write the conversation with: a file, or one that the model names.")
    @Nullable
    String chatTemplate;

    @Option(names = "--system", paramLabel = "TEXT", description = "What the model is told before the question.")
    @Nullable
    String system;

    @Option(
            names = "--special-tokens",
            description =
                    "Take special tokens spelled in the question or in --system, such as </s>, for what they stand"
                            + " for; without it they are text.")
    boolean specialTokens;

    @Option(names = "--stream", description = "Print the answer while it is generated.")
    boolean stream;

    @Mixin
    SamplingArguments sampling;

    @Mixin
    JsonOption json;

    /** What a person is waiting for at the moment; ends with the first piece of a streamed answer. */
    private @Nullable Waiting waiting;

    AskCommand(Session session) {
        this.session = session;
        this.terminal = session.terminal();
    }

    @Override
    public Integer call() {
        AskArguments asked = AskArguments.of(arguments, question);
        if (asked.pictures().isEmpty() && asked.question() == null && model.model == null) {
            throw CommandFailure.usage("nothing was asked; name a PICTURE, or write a question in several words");
        }
        AskOptions options = options(asked);
        new Destinations(overlay, record, thoughtMaps).check(asked.pictures());
        Path folder = model.resolve(session);
        // Loading libtorch takes as long as decoding a picture; nothing that can fail early waits for it.
        CompletableFuture<Void> natives = CompletableFuture.runAsync(Natives::ensureLoaded);
        PictureFiles.Waiting files = files(asked.pictures(), natives);
        try (VisionLanguageModel opened = open(folder)) {
            opened.notes().forEach(note -> terminal.err().println("fovea: note: " + note));
            PictureFiles.Shown shown = files.of(opened);
            new Destinations(overlay, record, thoughtMaps).check(shown.files());
            spending.check(opened, fps == null ? shown.images().size() : 1);
            if (session.interruption().requested()) {
                return ExitCode.INTERRUPTED;
            }
            return asked.question() == null
                    ? converse(opened, shown, options)
                    : once(opened, shown.images(), asked.question(), options);
        }
    }

    private VisionLanguageModel open(Path folder) {
        Waiting opening = Waiting.on(terminal, "Opening the model");
        try {
            OpenOptions options = model.with(precision.options());
            return VisionLanguageModel.open(
                    folder, chatTemplate == null ? options : options.withChatTemplate(chatTemplate));
        } finally {
            opening.close();
        }
    }

    private AskOptions options(AskArguments asked) {
        if (heat && overlay == null) {
            throw CommandFailure.usage("--heat is drawn on the overlay; name its file with --overlay");
        }
        if (json.json && stream) {
            throw CommandFailure.usage("--json prints one object and --stream the answer in pieces; choose one");
        }
        if (json.json && asked.question() == null) {
            throw CommandFailure.usage("--json needs a question on the command line");
        }
        spending.check();
        guessing.check();
        if (thoughtMaps != null && (asked.pictures().size() != 1 || asked.question() == null)) {
            throw CommandFailure.usage(
                    "--thought-maps draws what is thought of one picture when it is asked about; name one"
                            + " PICTURE and a question");
        }
        if (thoughtMaps != null && spending.techniques.isEmpty()) {
            throw CommandFailure.usage(
                    "--thought-maps needs a technique that has the model think; name it with --technique");
        }
        if (documents.given() && asked.question() != null && !PictureFiles.anyDocument(asked.pictures())) {
            throw CommandFailure.usage("--pages and --password are about PDF documents; name one");
        }
        AskOptions options = AskOptions.defaults()
                .withTechniques(spending.techniques, spending.budget())
                .withGeneration(new GenerationOptions(sampling.options(), sampling.maxTokens, sampling.stop))
                .withListener(listener());
        options = system == null ? options : options.withSystem(system);
        options = specialTokens ? options.withSpecialTokens() : options;
        options = guessing.with(withFrames(options, asked));
        return record == null ? options : options.withRecording();
    }

    private AskOptions withFrames(AskOptions options, AskArguments asked) {
        Double rate = fps;
        if (rate == null) {
            return options;
        }
        if (asked.pictures().isEmpty()) {
            throw CommandFailure.usage("--fps is about the frames of a video; name their files");
        }
        if (PictureFiles.anyDocument(asked.pictures())) {
            throw CommandFailure.usage("the pages of a document are no frames of a video; leave --fps out");
        }
        try {
            return options.withFramesPerSecond(rate);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.usage(e);
        }
    }

    private PictureFiles.Waiting files(List<Path> files, CompletableFuture<Void> natives) {
        try {
            return pictureFiles().open(files);
        } catch (RuntimeException e) {
            // The process must not end while a library is being loaded.
            natives.join();
            throw e;
        }
    }

    private PictureFiles pictureFiles() {
        return new PictureFiles(terminal, documents);
    }

    private int once(VisionLanguageModel opened, List<RgbImage> images, String text, AskOptions options) {
        Answer answer;
        waiting = Waiting.on(terminal, "Answering");
        try {
            answer = opened.ask(images, text, options);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.input(e);
        } finally {
            endWaiting();
        }
        return output(opened, new Destinations(overlay, record, thoughtMaps))
                .show(images, text, answer, drawn(opened, images, answer));
    }

    /** What the thought holds, as the first technique draws it, if that is wanted. */
    private List<ThoughtMap> drawn(VisionLanguageModel opened, List<RgbImage> images, Answer answer) {
        if (thoughtMaps == null || answer.finish() == FinishReason.CANCELLED) {
            return List.of();
        }
        try {
            return opened.thoughtMaps(answer, images.getFirst(), spending.techniques.getFirst());
        } catch (IllegalArgumentException e) {
            throw CommandFailure.input(e);
        }
    }

    private int converse(VisionLanguageModel opened, PictureFiles.Shown shown, AskOptions options) {
        try (Conversation conversation = opened.converse(options, Conversation.Policy.LOOK_AGAIN);
                QuestionSource questions = QuestionSource.of(session)) {
            boolean typed = questions instanceof QuestionSource.Edited;
            if (typed) {
                terminal.err().println(terminal.quiet("Ask away; /help lists the commands, /exit ends."));
            }
            Dialogue.Opened pictures = new Dialogue.Opened(
                    new ArrayList<>(shown.files()),
                    new ArrayList<>(shown.images()),
                    file -> pictureFiles().open(file, opened));
            Dialogue dialogue = new Dialogue(
                    session,
                    opened,
                    conversation,
                    pictures,
                    options,
                    spending,
                    new Destinations(overlay, record, thoughtMaps),
                    files -> output(opened, files),
                    typed);
            return dialogue.run(questions, this::next);
        }
    }

    private Answer next(Conversation conversation, List<RgbImage> toShow, String text) {
        waiting = Waiting.on(terminal, "Answering");
        try {
            return conversation.ask(toShow, text);
        } finally {
            endWaiting();
        }
    }

    private void endWaiting() {
        Waiting now = waiting;
        if (now != null) {
            now.close();
        }
    }

    private GenerationListener listener() {
        return new GenerationListener() {
            @Override
            public void onText(String text) {
                if (stream) {
                    endWaiting();
                    terminal.out().print(terminal.shown(text));
                    terminal.out().flush();
                }
            }

            @Override
            public boolean cancelled() {
                return session.interruption().requested();
            }
        };
    }

    private AskOutput output(VisionLanguageModel opened, Destinations files) {
        return new AskOutput(
                terminal,
                model.name(session),
                opened.shape().tokenPixels(),
                spending,
                files,
                heat ? Overlay.Style.HEAT : Overlay.Style.TOKENS,
                json.json,
                stream,
                thought);
    }
}
