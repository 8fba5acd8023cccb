-- The roles of the identities on the list. What each may do is granted apart.
{% for peer in allow if peer.cn and peer.cn is not startingwith("/") %}
create role "{{ peer.cn }}" login;
{% endfor %}
