package dev.fovea.core;

import dev.fovea.core.image.PreparedPicture;
import dev.fovea.core.model.family.Description;
import dev.fovea.core.model.family.PromptLayout;
import dev.fovea.core.path.Slot;
import dev.fovea.core.text.TextException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Puts into a rendered prompt what stands there for each picture.
 *
 * @param placeholder finds what the chat template wrote for a picture
 * @param layout what stands around and between the views of a picture
 */
record PromptText(Pattern placeholder, PromptLayout layout) {

    /** @param image the text of the image token, where the tokenizer's files name it */
    static PromptText of(Description description, @Nullable String image) {
        List<String> texts = new ArrayList<>();
        description.placeholders().forEach(p -> texts.add(p.text()));
        String mark = description.layout().mark();
        if (mark != null) {
            texts.set(0, mark);
        } else if (image != null && !texts.isEmpty()) {
            texts.set(0, image);
        }
        return new PromptText(
                Pattern.compile(texts.stream().map(Pattern::quote).collect(Collectors.joining("|"))),
                description.layout());
    }

    /**
     * The prompt with one placeholder for each of {@link #slots}.
     *
     * @throws TextException if the chat template has no place for one of the pictures
     * @throws IllegalArgumentException if there are more placeholders than pictures
     */
    String expand(String prompt, List<PreparedPicture> pictures) {
        if (placeholder.pattern().isEmpty()) {
            return prompt;
        }
        List<MatchResult> places = placeholder.matcher(prompt).results().toList();
        check(places.size(), pictures.size());
        Iterator<PreparedPicture> next = pictures.iterator();
        StringBuilder out = new StringBuilder();
        int from = 0;
        for (MatchResult place : places) {
            out.append(prompt, from, place.start()).append(layout.expand(next.next(), place.group()));
            from = place.end();
        }
        return out.append(prompt, from, prompt.length()).toString();
    }

    /** What the placeholders stand for, views counted over all pictures. */
    List<Slot> slots(List<PreparedPicture> pictures) {
        List<Slot> out = new ArrayList<>();
        int views = 0;
        for (PreparedPicture picture : pictures) {
            for (Slot slot : layout.slots(picture)) {
                out.add(slot.behind(views));
            }
            views += picture.views().size();
        }
        return out;
    }

    private static void check(int places, int pictures) {
        if (places < pictures) {
            throw new TextException("The chat template of the model has a place for " + places + " of " + pictures
                    + (pictures == 1 ? " picture" : " pictures") + "; take the one that the model was published with");
        }
        if (places > pictures) {
            throw new IllegalArgumentException("The prompt has " + places + " image tokens for " + pictures
                    + (pictures == 1 ? " picture" : " pictures")
                    + "; leave the model's image token out of the question.");
        }
    }
}
