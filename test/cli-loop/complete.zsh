# What zsh offers for each of the given lines: `zsh -f complete.zsh SCRIPT FOLDER LINE ...` prints the words, a line of input a line.
# The shell that completes is interactive and has a terminal of its own; compadd, which every completion ends in, is listened to.
zmodload zsh/zpty || exit 3
script=$1 folder=$2; shift 2
cat > $folder/listen.zsh <<LISTEN
cd $folder
PROMPT= RPROMPT=
autoload -Uz compinit && compinit -u -d $folder/dump
[[ $script == */_baton ]] || source $script
zstyle ':completion:*' list-grouped false
bindkey '^I' complete-word
compadd() {
  if [[ "\${@[1,(i)(-|--)]}" == *-(O|A|D)\ * ]]; then builtin compadd "\$@"; return \$?; fi
  local -a hits
  builtin compadd -O hits "\$@"
  print -rl -- \$hits >> $folder/hits
  builtin compadd "\$@"
}
told() { : > $folder/done; exit }
comppostfuncs=(told)
: > $folder/ready
LISTEN
for line in "$@"; do
  rm -f $folder/{ready,done,hits}
  zpty shell zsh -f -i
  [[ $script == */_baton ]] && zpty -w shell "fpath=($script:h \$fpath)"
  zpty -w shell "source $folder/listen.zsh"
  repeat 1000; do [[ -e $folder/ready ]] && break; zpty -rt shell > /dev/null; sleep 0.02; done
  zpty -w -n shell "$line"$'\t'
  repeat 1000; do [[ -e $folder/done ]] && break; zpty -rt shell > /dev/null; sleep 0.02; done
  zpty -d shell
  [[ -e $folder/done ]] || { print -u2 "zsh did not answer: $line"; exit 4 }
  [[ -e $folder/hits ]] && print -r -- ${(u)$(sort $folder/hits)} || print
done
