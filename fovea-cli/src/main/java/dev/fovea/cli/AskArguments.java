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
 * if it is neither the only one, nor an existing file, nor looks like the name of a picture.
 *
 * @param pictures at least one
 * @param question what is asked, or null
 */
record AskArguments(List<Path> pictures, @Nullable String question) {
    private static final Pattern PICTURE_NAME = Pattern.compile("\\S+\\.(png|jpe?g|webp|gif|bmp|tiff?)");

    static AskArguments of(List<String> arguments, @Nullable String question) {
        List<String> files = new ArrayList<>(arguments);
        String text = question;
        if (text == null && files.size() > 1 && !isFile(files.getLast())) {
            text = files.removeLast();
        }
        if (text != null && text.isBlank()) {
            throw CommandFailure.usage("the question is empty; write it, or leave it out to get a prompt");
        }
        return new AskArguments(files.stream().map(PathArgument::of).toList(), text);
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
