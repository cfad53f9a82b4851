package dev.fovea.cli;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What {@code ask} was given: pictures, and a question unless a prompt shall open. The last argument is the question
 * if it is neither an existing file nor looks like the name of a picture; the only one, if it has several words besides.
 *
 * @param pictures may be none
 * @param question what is asked, or null
 */
record AskArguments(List<Path> pictures, @Nullable String question) {
    private static final Pattern PICTURE_NAME = Pattern.compile("\\S+\\.(png|jpe?g|webp|gif|bmp|tiff?|pdf)");
    private static final Pattern WORDS = Pattern.compile("(?s)\\s*\\S+\\s.*\\S.*");
    private static final Pattern PICTURE_ENDING = Pattern.compile("(?s).*\\.(png|jpe?g|webp|gif|bmp|tiff?|pdf)");

    static AskArguments of(List<String> arguments, @Nullable String question) {
        List<String> files = new ArrayList<>(arguments);
        String text = question;
        if (text == null && !files.isEmpty() && !isFile(files.getLast())) {
            boolean said = files.size() > 1 || isSentence(files.getLast());
            text = said ? files.removeLast() : null;
        }
        if (text != null && text.isBlank()) {
            throw CommandFailure.usage("the question is empty; write it, or leave it out to get a prompt");
        }
        return new AskArguments(files.stream().map(PathArgument::of).toList(), text);
    }

    /** A name with blanks in it that no file has is rather a question than a picture, unless it ends like one. */
    private static boolean isSentence(String argument) {
        return WORDS.matcher(argument).matches()
                && !PICTURE_ENDING.matcher(argument.toLowerCase(Locale.ROOT)).matches();
    }

    private static boolean isFile(String argument) {
        if (PICTURE_NAME.matcher(argument.toLowerCase(Locale.ROOT)).matches()) {
            return true;
        }
        try {
            return !argument.isBlank() && Files.exists(Path.of(argument));
        } catch (InvalidPathException e) {
            return false;
        }
    }
}
