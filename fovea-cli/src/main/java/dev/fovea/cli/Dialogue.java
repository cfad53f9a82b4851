package dev.fovea.cli;

import dev.fovea.core.Answer;
import dev.fovea.core.AskOptions;
import dev.fovea.core.Conversation;
import dev.fovea.core.VisionLanguageModel;
import dev.fovea.core.image.PictureException;
import dev.fovea.core.image.RgbImage;
import dev.fovea.core.overlay.OverlayException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A conversation about pictures: questions, and the {@linkplain SlashCommand commands} that begin with a slash. What goes
 * wrong is said in a sentence, and the conversation goes on.
 */
final class Dialogue {
    private final Session session;
    private final Terminal terminal;
    private final VisionLanguageModel model;
    private final Conversation conversation;
    private final Opened pictures;
    private final SpendingOptions spending;
    private final Function<Destinations, AskOutput> output;
    private final Destinations destinations;
    private final boolean typed;

    private AskOptions options;
    private List<RgbImage> pending;
    private @Nullable Answer latest;
    private String question = "";

    /** Asks one question of a conversation, showing on a terminal that it is under way. */
    @FunctionalInterface
    interface Asking {
        Answer ask(Conversation conversation, List<RgbImage> images, String question);
    }

    /**
     * Pictures with their files.
     *
     * @param files as they were named
     * @param images their pixels
     * @param reader reads one more, of a document all pages, and notes what a person should know
     */
    record Opened(List<Path> files, List<RgbImage> images, Function<Path, PictureFiles.Shown> reader) {}

    /**
     * @param pictures shown with the first question; grows with {@code /image}
     * @param spending techniques and budget, which commands change
     * @param destinations files that every answer writes
     * @param output shows answers and writes to destinations
     * @param typed whether a person types, rather than a pipe
     */
    Dialogue(
            Session session,
            VisionLanguageModel model,
            Conversation conversation,
            Opened pictures,
            AskOptions options,
            SpendingOptions spending,
            Destinations destinations,
            Function<Destinations, AskOutput> output,
            boolean typed) {
        this.session = session;
        this.terminal = session.terminal();
        this.model = model;
        this.conversation = conversation;
        this.pictures = pictures;
        this.options = options;
        this.spending = spending;
        this.destinations = destinations;
        this.output = output;
        this.typed = typed;
        this.pending = List.copyOf(pictures.images());
    }

    /**
     * Goes on until the questions end; one of {@link ExitCode}. From a pipe, what failed last decides; a person has seen
     * it.
     */
    int run(QuestionSource questions, Asking asking) {
        int outcome = ExitCode.OK;
        int lines = 0;
        for (String line = questions.next(); line != null; line = questions.next(), lines++) {
            try {
                if (line.startsWith("/")) {
                    SlashCommand.Call call = SlashCommand.parse(line);
                    if (call.command() == SlashCommand.EXIT) {
                        return outcome;
                    }
                    act(call);
                } else {
                    int code = answer(line.strip(), asking);
                    if (code != ExitCode.OK && !typed) {
                        return code;
                    }
                }
            } catch (IllegalArgumentException | CommandFailure | PictureException | OverlayException e) {
                terminal.err().println("fovea: " + CommandFailure.sentence(e));
                outcome = typed ? ExitCode.OK : e instanceof CommandFailure f ? f.code() : ExitCode.INPUT;
            } finally {
                if (typed) {
                    session.interruption().clear();
                }
            }
        }
        if (lines == 0 && !typed) {
            throw CommandFailure.usage(
                    "no question was asked: write it after the picture, or one a line on standard input");
        }
        return outcome;
    }

    private int answer(String text, Asking asking) {
        Answer answer = asking.ask(conversation, pending, text);
        pending = List.of();
        latest = answer;
        question = text;
        return output.apply(destinations).show(pictures.images(), text, answer);
    }

    private void act(SlashCommand.Call call) {
        switch (call.command()) {
            case HELP -> SlashCommand.help(terminal);
            case IMAGE -> image(call.argument());
            case TECHNIQUE -> technique(call.argument());
            case BUDGET -> budget(call.argument());
            case OVERLAY -> overlay(file(call));
            case SAVE -> {
                Path file = file(call);
                Transcript.write(file, conversation.messages(), pictures.files());
                say("the conversation is in " + file);
            }
            case EXIT -> throw new IllegalStateException("the loop ends the conversation");
        }
    }

    private void image(String name) {
        if (name.isEmpty()) {
            for (int i = 0; i < pictures.files().size(); i++) {
                say("picture " + (i + 1) + " is " + pictures.files().get(i));
            }
            return;
        }
        if (options.framesPerSecond() != null) {
            throw new IllegalArgumentException(
                    "this conversation is about a video, whose frames were named before it; ask about pictures in another");
        }
        PictureFiles.Shown shown = pictures.reader().apply(PathArgument.typed(name));
        spending.check(model, pictures.images().size() + shown.images().size());
        pictures.files().addAll(shown.files());
        pictures.images().addAll(shown.images());
        List<RgbImage> more = new ArrayList<>(pending);
        more.addAll(shown.images());
        pending = List.copyOf(more);
        int last = pictures.files().size();
        RgbImage picture = shown.images().getLast();
        say(
                shown.images().size() == 1
                        ? "picture " + last + " (" + picture.width() + "x" + picture.height()
                                + ") is shown with your next question"
                        : "pictures " + (last - shown.images().size() + 1) + " to " + last + ", pages of "
                                + shown.files().getLast() + ", are shown with your next question");
    }

    private void technique(String argument) {
        if (argument.equals("none")) {
            // Nothing is left that could spend less than everything.
            spend(List.of(), "full");
        } else if (!argument.isEmpty()) {
            spend(List.of(argument.split("\\s+", -1)), spending.budget);
        }
        say(spending.techniques.isEmpty() ? "no technique: the plain model" : String.join(" ", spending.techniques));
    }

    private void budget(String argument) {
        if (!argument.isEmpty()) {
            spend(spending.techniques, argument);
        }
        say("budget " + spending.budget);
    }

    /** Takes other techniques or another budget if they fit the model and the pictures. */
    private void spend(List<String> techniques, String budget) {
        SpendingOptions wanted = new SpendingOptions();
        wanted.techniques = techniques;
        wanted.budget = budget;
        wanted.check();
        wanted.check(model, pictures.images().size());
        options = options.withTechniques(techniques, wanted.budget());
        conversation.use(options);
        spending.techniques = techniques;
        spending.budget = budget;
    }

    private void overlay(Path file) {
        Answer answer = latest;
        if (answer == null) {
            throw new IllegalArgumentException("there is no answer yet to draw an overlay of; ask something first");
        }
        if (answer.geometry().size() < pictures.images().size()) {
            throw new IllegalArgumentException(
                    "the last answer has not seen the picture that was added since; ask about it first");
        }
        Destinations wanted = new Destinations(file, null);
        wanted.check(pictures.files());
        output.apply(wanted)
                .overlays(pictures.images(), answer)
                .forEach(written -> say("the overlay of \"" + question + "\" is in " + written));
    }

    private static Path file(SlashCommand.Call call) {
        if (call.argument().isEmpty()) {
            throw new IllegalArgumentException(call.command().typed() + " needs the name of a file behind it");
        }
        return PathArgument.typed(call.argument());
    }

    /** On standard error, where a pipe does not take it for an answer. */
    private void say(String sentence) {
        terminal.err().println(terminal.quiet(sentence));
    }
}
